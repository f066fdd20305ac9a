import type { BatchApi, BatchCall, BatchEndpoint, FileAnswer } from '../../../batch/batch-api.ts';
import type { WireAnswer } from '../../vendor-wire.ts';
import { OpenaiInvalid } from '../openai-invalid.ts';
import {
  cancelOpenaiBatch,
  createOpenaiBatch,
  listOpenaiBatches,
  readOpenaiBatch,
} from './openai-batches.ts';
import {
  deleteOpenaiFile,
  listOpenaiFiles,
  openaiFileContent,
  readOpenaiFile,
  uploadOpenaiFile,
} from './openai-files.ts';
import { openaiNoSuch } from './openai-no-such.ts';

const FILE = /^\/v1\/files\/([^/]+)$/;
const CONTENT = /^\/v1\/files\/([^/]+)\/content$/;
const BATCH = /^\/v1\/batches\/([^/]+)$/;
const CANCEL = /^\/v1\/batches\/([^/]+)\/cancel$/;

function endpoint(method: string, path: string): BatchEndpoint | null {
  const one = (pattern: RegExp): string | null => pattern.exec(path)?.[1] ?? null;
  const either = (operations: Partial<Record<string, BatchEndpoint & { status: 'batch' }>>): BatchEndpoint =>
    operations[method] ?? { status: 'wrong_method' };
  const to = (operation: (BatchEndpoint & { status: 'batch' })['operation'], id = '') =>
    ({ status: 'batch', operation, id }) as const;
  if (path === '/v1/files') return either({ POST: to('upload'), GET: to('file') });
  if (path === '/v1/batches') return either({ POST: to('create'), GET: to('list') });
  const file = one(FILE);
  if (file) return either({ GET: to('file', file), DELETE: to('delete', file) });
  const content = one(CONTENT);
  if (content) return either({ GET: to('results', content) });
  const batch = one(BATCH);
  if (batch) return either({ GET: to('retrieve', batch) });
  const cancelled = one(CANCEL);
  return cancelled ? either({ POST: to('cancel', cancelled) }) : null;
}

function answer(call: BatchCall): Promise<WireAnswer | FileAnswer> | WireAnswer | FileAnswer {
  switch (call.operation) {
    case 'upload':
      return uploadOpenaiFile(call);
    case 'file':
      return call.id === '' ? listOpenaiFiles(call) : readOpenaiFile(call);
    case 'delete':
      return deleteOpenaiFile(call);
    case 'results':
      return openaiFileContent(call);
    case 'create':
      return createOpenaiBatch(call);
    case 'list':
      return listOpenaiBatches(call);
    case 'retrieve':
      return readOpenaiBatch(call);
    case 'cancel':
      return cancelOpenaiBatch(call);
    default:
      throw new Error(`There is no call "${String(call.operation satisfies never)}".`);
  }
}

/**
 * OpenAI's Files and Batch API. Source: openai-openapi 2.3.0 and recorded answers for objects and statuses; texts and
 * codes of refusals are from public bug reports as far as they are quoted there, else our own words.
 */
export const openaiBatchApi: BatchApi = {
  endpoint,
  async serve(call) {
    try {
      return await answer(call);
    } catch (error) {
      if (error instanceof OpenaiInvalid) return error.answer;
      throw error;
    }
  },
  notFound: ({ id, operation }) => openaiNoSuch(operation === 'retrieve' ? 'batch' : 'File object', id),
};
