import { randomUUID } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import { batchSchema, type Batch } from '@sluice/contracts';
import type { ApiClient } from './api-client.ts';
import type { BatchFile } from './batch-file.ts';
import { type BatchMemory, claimBatch, forgetBatch, rememberBatch, rememberedBatch } from './batch-memory.ts';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './command-context.ts';
import { readBatch } from './read-batch.ts';

/** What a new batch is made with; see the options of `sluice batch`. */
export interface NewBatchOptions {
  tier?: string;
  within?: string;
  route?: string;
  lane?: string;
  /** Also when one of this file is remembered. */
  new?: boolean;
}

interface Opening {
  context: CommandContext;
  client: ApiClient;
  file: BatchFile;
  options: NewBatchOptions;
}

const UPLOAD_TIMEOUT_MS = 600_000;

/**
 * The batch that an earlier call made of this very file, else a new one. How it is made is remembered before it is
 * asked for, so at whatever moment this process ends, the same command comes to the same batch and none is paid twice.
 */
export async function openBatch(opening: Opening): Promise<Batch> {
  const { context, client, file, options } = opening;
  const known = options.new ? null : await rememberedBatch(file, client.baseUrl);
  if (known?.batch_id) {
    context.stderr.write(`going on with ${known.batch_id}\n`);
    return readBatch(client, known.batch_id);
  }
  if (known)
    context.stderr.write('going on where an earlier call ended, with the options that it was given\n');
  const create = known?.create ?? (await claim(opening));
  const memory = { baseUrl: client.baseUrl, create };
  const batch = await makeBatch(client, create).catch(async (error: unknown) => {
    if (!(error instanceof CliError && error.isRefusal)) throw error;
    if (known) throw new CliError(`${error.message}\n${NOT_KNOWN}`);
    await forgetBatch(file.path);
    throw error;
  });
  await rememberBatch(file, { ...memory, batch_id: batch.id });
  context.stderr.write(`${batch.id}\n`);
  return batch;
}

/** Uploads the file and remembers how the batch is made of it, or how another call is just making it. */
async function claim(opening: Opening): Promise<BatchMemory['create']> {
  const { context, client, file, options } = opening;
  const create = await sendFile(opening);
  const known = { baseUrl: client.baseUrl, create, batch_id: null };
  if (options.new) {
    await rememberBatch(file, known);
    return create;
  }
  const first = await claimBatch(file, known);
  if (first === null) return create;
  context.stderr.write('another call of this command was first: both follow its batch\n');
  const unused = `/v1/files/${encodeURIComponent(create.body['input_file_id'] as string)}`;
  await client.json(unused, { method: 'DELETE' }).catch(() => undefined);
  return first.create;
}

/** A refusal may come of what has changed since, a key or a route, and says nothing of what the earlier call did. */
const NOT_KNOWN = 'An earlier call may have made the batch all the same. To make another one, add --new.';

/** With the same key it answers the batch that was made before. */
async function makeBatch(client: ApiClient, create: BatchMemory['create']): Promise<Batch> {
  const headers = { 'idempotency-key': create.idempotency_key };
  return batchSchema.parse(await client.json('/v1/batches', { method: 'POST', headers, body: create.body }));
}

/** Uploads the file; how the batch of it is then made. */
async function sendFile({ context, client, file, options }: Opening): Promise<BatchMemory['create']> {
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', await openAsBlob(file.path), basename(file.path));
  context.stderr.write(`sending ${file.lines} lines\n`);
  const uploaded = await client.json('/v1/files', { method: 'POST', form, timeoutMs: UPLOAD_TIMEOUT_MS });
  const { tier, within, route, lane } = options;
  return {
    idempotency_key: randomUUID(),
    body: {
      input_file_id: (uploaded as { id: string }).id,
      endpoint: file.endpoint,
      completion_window: '24h',
      tier,
      within,
      route,
      lane,
    },
  };
}
