import type { BatchApi, BatchCall, BatchEndpoint, FileAnswer } from '../../../batch/batch-api.ts';
import type { WireAnswer } from '../../vendor-wire.ts';
import { googleError } from '../google-error.ts';
import { googleErrorBody } from '../google-error-body.ts';
import { createGoogleBatch } from './create-google-batch.ts';
import type { GoogleBatch } from './google-batch-facts.ts';
import { googleOperation } from './google-operation.ts';
import { downloadGoogleFile, googleFileObject, uploadGoogleFile, type GoogleFile } from './google-files.ts';
import { googleJson } from './google-json.ts';
import { GoogleRefused } from './google-refused.ts';

const CREATE = /^\/v1beta\/models\/([^/:]+):batchGenerateContent$/;
const BATCH = /^\/v1beta\/batches\/([^/:]+)(:cancel)?$/;
const FILE = /^\/v1beta\/files\/([^/:]+)$/;
const DOWNLOAD = /^\/download\/v1beta\/files\/([^/:]+):download$/;
const USUAL_PAGE = 50;
const MAX_PAGE = 1_000;

function endpoint(method: string, path: string): BatchEndpoint | null {
  const to = (operation: BatchCall['operation'], id = ''): BatchEndpoint => ({
    status: 'batch',
    operation,
    id,
  });
  const only = (allowed: string, found: BatchEndpoint): BatchEndpoint =>
    method === allowed ? found : { status: 'wrong_method' };
  if (path === '/upload/v1beta/files') {
    return method === 'PUT' || method === 'POST' ? to('upload') : { status: 'wrong_method' };
  }
  if (path === '/v1beta/batches') return only('GET', to('list'));
  const model = CREATE.exec(path)?.[1];
  if (model) return only('POST', to('create', model));
  const download = DOWNLOAD.exec(path)?.[1];
  if (download) return only('GET', to('results', download));
  const file = FILE.exec(path)?.[1];
  if (file) return method === 'DELETE' ? to('delete', file) : only('GET', to('file', file));
  const [matched, batch = '', cancel] = BATCH.exec(path) ?? [];
  if (!matched) return null;
  if (cancel) return only('POST', to('cancel', batch));
  return method === 'DELETE' ? to('delete', batch) : only('GET', to('retrieve', batch));
}

function notFound({ context }: BatchCall): WireAnswer {
  return googleError('unknown_path', context);
}

/** `pageToken` is the place at which the page begins. */
async function list({ account, query }: BatchCall): Promise<WireAnswer> {
  const asked = Number(query.get('pageSize') ?? USUAL_PAGE);
  const size = Math.min(MAX_PAGE, asked > 0 ? asked : USUAL_PAGE);
  const start = Number(query.get('pageToken') ?? 0);
  const batches = account.batches.batches() as GoogleBatch[];
  const page = batches.slice(start, start + size);
  const operations = await Promise.all(page.map(googleOperation));
  const next = start + page.length;
  return googleJson({
    operations,
    ...(next < batches.length ? { nextPageToken: String(next) } : {}),
  });
}

async function remove({ account, path, id }: BatchCall): Promise<WireAnswer | null> {
  if (path.startsWith('/v1beta/files/')) {
    return (await account.batches.deleteFile(`files/${id}`)) ? googleJson({}) : null;
  }
  if (!account.batches.batch(`batches/${id}`)) return null;
  account.batches.deleteBatch(`batches/${id}`);
  return googleJson({});
}

async function answer(call: BatchCall): Promise<WireAnswer | FileAnswer | null> {
  const { account, operation, id, baseUrl } = call;
  switch (operation) {
    case 'upload':
      return uploadGoogleFile(call);
    case 'create':
      return createGoogleBatch(call);
    case 'list':
      return list(call);
    case 'delete':
      return remove(call);
    case 'file': {
      const file = account.batches.file(`files/${id}`) as GoogleFile | null;
      return file && googleJson(googleFileObject(file, baseUrl));
    }
    case 'results':
      return downloadGoogleFile(call);
    default: {
      const batch = account.batches.batch(`batches/${id}`) as GoogleBatch | null;
      if (!batch) return null;
      if (operation === 'retrieve') return googleJson(await googleOperation(batch));
      if (batch.endedAtMs !== null) {
        const message = `Batch batches/${id} has ended and can not be cancelled.`;
        return googleErrorBody(400, { status: 'FAILED_PRECONDITION', message });
      }
      batch.cancel();
      return googleJson({});
    }
  }
}

/**
 * Gemini's Batch API with its files, on the developer's API. Source: the discovery document's types as published in
 * generated clients, and REST calls in public code: the batch stands in `metadata`, results both in
 * `metadata.output` and `response`, counts are strings. Not verified: texts of refusals, and what a cancelled batch
 * keeps (here nothing; an expired one has none by the guide).
 */
export const googleBatchApi: BatchApi = {
  endpoint,
  notFound,
  // The address of a resumable upload is a secret of its own.
  isKeyless: ({ operation, query }) => operation === 'upload' && query.has('upload_id'),
  async serve(call) {
    try {
      return (await answer(call)) ?? notFound(call);
    } catch (error) {
      if (error instanceof GoogleRefused) return error.answer;
      throw error;
    }
  },
};
