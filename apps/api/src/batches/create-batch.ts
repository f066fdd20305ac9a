import type { BatchRecord, NewBatch } from '@sluice/broker';
import {
  ApiError,
  parseDurationMs,
  TERMINAL_BATCH_EVENT_TYPES,
  type BatchOptionsInput,
  type Target,
} from '@sluice/contracts';
import type { FastifyRequest } from 'fastify';
import type { ApiDeps } from '../api-deps.ts';
import { parseIdempotencyKey } from '../parse-idempotency-key.ts';
import { resolveWebhook } from '../resolve-webhook.ts';
import { checkBatchTargets } from './check-batch-targets.ts';
import { newBatchId } from './new-batch-id.ts';

export interface BatchInput {
  inputFileId: string;
  options: Omit<BatchOptionsInput, 'endpoint'>;
  endpoint: NewBatch['endpoint'];
  dialect: NewBatch['dialect'];
  /** Of everything that was sent. */
  bodyHash: string;
  retriedFrom?: string;
}

const NO_RETRY = { headers: { 'x-should-retry': 'false' }, param: 'Idempotency-Key' };

/**
 * Stores a batch; resolved means stored. The same request sent again answers the batch that exists.
 * @throws ApiError `unknown_route`, `unknown_target`, `not_allowed`, `invalid_webhook_url`, `not_found` (the input
 * file), `idempotency_key_reused`.
 */
export async function createBatch(
  http: Pick<FastifyRequest, 'headers' | 'caller'>,
  { inputFileId, options, endpoint, dialect, bodyHash, retriedFrom }: BatchInput,
  deps: ApiDeps,
): Promise<{ batch: BatchRecord; replayed: boolean }> {
  const { tenant, keyId, allow, limits, batches, files } = http.caller;
  checkBatchTargets(options, http.caller, deps);
  const webhook = await resolveWebhook(
    { webhook: options.webhook, caller: http.caller, usual: TERMINAL_BATCH_EVENT_TYPES },
    deps,
  );
  const id = await newBatchId(
    {
      tenant,
      keyId,
      bodyHash,
      idempotencyKey: parseIdempotencyKey(http.headers['idempotency-key'] as string | undefined),
      isSentAgain: Number(http.headers['x-stainless-retry-count'] ?? 0) > 0,
    },
    { batches, installationSecret: deps.installationSecret },
  );
  const createdAtMs = Date.now();
  const window = options.within ?? options.completion_window;
  const expiresAtMs = createdAtMs + (parseDurationMs(window) as number);
  const known = await batches.get(id);
  if (!known && !(await files.pin(inputFileId, { batchId: id, untilMs: expiresAtMs + PIN_MARGIN_MS }))) {
    throw new ApiError('not_found', `There is no file ${inputFileId.slice(0, 80)}.`, {
      param: 'input_file_id',
    });
  }
  const outcome = await batches.create(
    {
      id,
      tenant,
      keyId,
      allow,
      limits,
      dialect,
      endpoint,
      inputFileId,
      completionWindow: window,
      createdAtMs,
      expiresAtMs,
      outputExpiresAfterSeconds: options.output_expires_after?.seconds ?? null,
      tier: options.tier,
      lane: options.lane,
      route: options.route ?? null,
      chain: (options.chain as readonly Target[] | undefined) ?? null,
      metadata: options.metadata ?? null,
      tags: options.tags,
      webhook,
      retriedFrom: retriedFrom ?? null,
    },
    bodyHash,
  );
  if (outcome.status === 'conflict') {
    throw new ApiError(
      'idempotency_key_reused',
      'This Idempotency-Key came with a different body before.',
      NO_RETRY,
    );
  }
  deps.wakeBatches();
  return { batch: outcome.batch, replayed: outcome.status === 'duplicate' };
}

/** The files of a batch whose time is up are still written then. */
const PIN_MARGIN_MS = 3_600_000;
