import type { BatchApi, BatchCall, BatchEndpoint, FileAnswer } from '../../../batch/batch-api.ts';
import type { WireAnswer } from '../../vendor-wire.ts';
import { anthropicError } from '../anthropic-error.ts';
import { anthropicErrorBody } from '../anthropic-error-body.ts';
import { AnthropicInvalid } from '../anthropic-invalid.ts';
import { anthropicBatchObject } from './anthropic-batch-object.ts';
import type { AnthropicBatch } from './anthropic-batch-object.ts';
import { AnthropicRefused } from './anthropic-refused.ts';
import { createAnthropicBatch } from './create-anthropic-batch.ts';
import { listAnthropicBatches } from './list-anthropic-batches.ts';

const BATCH = /^\/v1\/messages\/batches\/([^/]+)(?:\/(cancel|results))?$/;

function json(body: unknown): WireAnswer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function endpoint(method: string, path: string): BatchEndpoint | null {
  const to = (operation: BatchCall['operation'], id = ''): BatchEndpoint => ({
    status: 'batch',
    operation,
    id,
  });
  if (path === '/v1/messages/batches') {
    if (method === 'POST') return to('create');
    return method === 'GET' ? to('list') : { status: 'wrong_method' };
  }
  const match = BATCH.exec(path);
  if (!match) return null;
  const [, id, action] = match;
  if (action === 'cancel') return method === 'POST' ? to('cancel', id) : { status: 'wrong_method' };
  if (action === 'results') return method === 'GET' ? to('results', id) : { status: 'wrong_method' };
  if (method === 'GET') return to('retrieve', id);
  return method === 'DELETE' ? to('delete', id) : { status: 'wrong_method' };
}

function notFound({ context }: BatchCall): WireAnswer {
  return anthropicErrorBody(404, {
    type: 'not_found_error',
    message: 'Not found',
    requestId: context.requestId,
  });
}

/** The words of refusals of a batch that is still running, or has ended, are not verified at the vendor. */
function refused({ context }: BatchCall, message: string): WireAnswer {
  return anthropicErrorBody(400, {
    type: 'invalid_request_error',
    message,
    requestId: context.requestId,
  });
}

function results(call: BatchCall, batch: AnthropicBatch): WireAnswer | FileAnswer {
  if (batch.endedAtMs === null) return refused(call, `Batch ${batch.id} has not ended yet.`);
  const headers = {
    'content-type': 'application/binary',
    'content-disposition': `attachment; filename="${batch.id}_results.jsonl"`,
  };
  const { output } = batch.results;
  if (!output) return { status: 200, headers, body: '' };
  return { status: 200, headers, file: { path: output.path, bytes: output.bytes } };
}

async function answer(call: BatchCall): Promise<WireAnswer | FileAnswer> {
  const { account, operation, id } = call;
  if (operation === 'create') return json(await createAnthropicBatch(call));
  if (operation === 'list') return json(listAnthropicBatches(call));
  const batch = account.batches.batch(id) as AnthropicBatch | null;
  if (!batch) return notFound(call);
  switch (operation) {
    case 'results':
      return results(call, batch);
    case 'cancel':
      if (batch.endedAtMs !== null) return refused(call, `Batch ${id} has ended and cannot be canceled.`);
      batch.cancel();
      return json(anthropicBatchObject(batch, call.baseUrl));
    case 'delete':
      if (batch.endedAtMs === null) return refused(call, `Batch ${id} cannot be deleted while in progress.`);
      account.batches.deleteBatch(id);
      return json({ id, type: 'message_batch_deleted' });
    default:
      return json(anthropicBatchObject(batch, call.baseUrl));
  }
}

/** Anthropic's Message Batches. Source: @anthropic-ai/sdk 1.11 types, recorded answers, guide "Batch processing". */
export const anthropicBatchApi: BatchApi = {
  endpoint,
  notFound,
  async serve(call) {
    try {
      return await answer(call);
    } catch (error) {
      if (error instanceof AnthropicInvalid) return refused(call, error.message);
      if (error instanceof AnthropicRefused) return anthropicError(error.kind, call.context);
      throw error;
    }
  },
};
