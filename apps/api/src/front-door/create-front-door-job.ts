import type { JobOptions, NewJob } from '@sluice/broker';
import {
  ApiError,
  jobSubmissionSchema,
  type ChatRequest,
  type JobSubmission,
  type Warning,
} from '@sluice/contracts';
import type { FastifyRequest } from 'fastify';
import type { ApiDeps } from '../api-deps.ts';
import { createJobId } from '../create-job-id.ts';
import { createNewJob } from '../create-new-job.ts';
import { hashBody } from '../hash-body.ts';
import { parseIdempotencyKey } from '../parse-idempotency-key.ts';
import { readFrontDoorOptions } from './front-door-options.ts';

/** `service_tier` of OpenAI's requests as the broker's tier; the others mean the standard one. */
const TIER_OF_SERVICE: Readonly<Record<string, string>> = { priority: 'priority', flex: 'flex' };

export interface FrontDoorRequest {
  /** In the canonical form. Its `service_tier` and `metadata` become the job's. */
  chat: ChatRequest;
  /** How long the job may take when no header says so; null: as `POST /v1/jobs`. */
  within: string | null;
  warnings?: readonly Warning[];
  responses?: JobOptions['responses'];
  /** How the caller named fields of the canonical request that it has under other names. */
  sentAs?: Readonly<Record<string, string>>;
  /** Kept for a shorter time than others, and without its request. */
  forget?: boolean;
}

/**
 * The job that a request in a vendor's shape asks for, its options taken from the headers.
 * @throws ApiError as `createNewJob` and `readFrontDoorOptions`; `param` names the field as the caller sent it.
 */
export async function createFrontDoorJob(
  http: Pick<FastifyRequest, 'headers' | 'caller' | 'body'>,
  { chat, within, warnings, responses, sentAs = {}, forget = false }: FrontDoorRequest,
  deps: ApiDeps,
): Promise<NewJob> {
  const { service_tier: serviceTier, metadata, ...request } = chat;
  const { caller } = http;
  const options = readFrontDoorOptions(http.headers, {
    keyDefaults: caller.defaults,
    model: request.model,
    tier: serviceTier === undefined ? undefined : (TIER_OF_SERVICE[serviceTier] ?? 'standard'),
    metadata,
    within: within ?? undefined,
  });
  const idempotencyKey = parseIdempotencyKey(http.headers['idempotency-key'] as string | undefined);
  const id = await createJobId({ ...deps, tenant: caller.tenant, idempotencyKey });
  const bodyHash = idempotencyKey === null ? '' : hashBody({ body: http.body, options });
  const submission = {
    ...options,
    ...(forget
      ? { retention: { result_ttl: FORGET_AFTER, delete_after_delivery: false, drop_request: true } }
      : {}),
    request,
  } as JobSubmission;
  try {
    const job = await createNewJob(
      { id, bodyHash, submission, caller, nowMs: Date.now(), ...(warnings ? { warnings } : {}) },
      deps,
    );
    return {
      ...job,
      ...(responses ? { options: { ...job.options, responses } } : {}),
      idIsNew: idempotencyKey === null,
      replyTo: { address: deps.replies.address, of: chat.stream ? 'events' : 'end' },
    };
  } catch (error) {
    throw error instanceof ApiError ? asSent(error, sentAs) : error;
  }
}

const FORGET_AFTER = '10m';

const OPTIONS: ReadonlySet<string> = new Set(Object.keys(jobSubmissionSchema.shape));

/** The field's path as the caller of the front door sent it. */
function asSent(error: ApiError, sentAs: Readonly<Record<string, string>>): ApiError {
  const { code, message, headers, param } = error;
  const [root = ''] = param?.split('.', 1) ?? [];
  const isOption = root !== 'request' && OPTIONS.has(root);
  const field = param?.replace(/^request\./, '') ?? null;
  const sent = isOption
    ? `x-sluice-${root.replaceAll('_', '-')}`
    : (sentAs[field?.split('.', 1)[0] ?? ''] ?? field);
  return new ApiError(code, message, { param: sent, headers: { ...headers } });
}
