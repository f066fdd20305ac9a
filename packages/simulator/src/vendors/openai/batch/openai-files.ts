import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Busboy } from '@fastify/busboy';
import type { BatchCall, FileAnswer } from '../../../batch/batch-api.ts';
import type { SimulatedFile } from '../../../batch/batch-store.ts';
import { monotonicNowMs } from '../../../server/monotonic-now-ms.ts';
import { randomText } from '../../random-text.ts';
import type { WireAnswer } from '../../vendor-wire.ts';
import { openaiRefuse } from '../openai-refuse.ts';
import { openaiJson } from './openai-json.ts';
import { openaiNoSuch } from './openai-no-such.ts';
import { openaiPage } from './openai-page.ts';

/** Of batch files; others may have 512 MB. */
const MAX_BATCH_BYTES = 200 * 1_024 * 1_024;
const MAX_FILE_BYTES = 512 * 1_024 * 1_024;
const BATCH_FILE_LIFE_S = 30 * 86_400;
const PURPOSES = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'];

export interface OpenaiFileFacts {
  filename: string;
  purpose: string;
  expiresAtMs: number | null;
}
export type OpenaiFile = SimulatedFile<OpenaiFileFacts>;

export function newOpenaiFileId(): string {
  return `file-${randomText(22)}`;
}

/** The life of a file that a batch reads or writes, when nobody asked for another. */
export function openaiFileEndMs(createdAtMs: number, seconds: number = BATCH_FILE_LIFE_S): number {
  return createdAtMs + seconds * 1_000;
}

export function openaiFileOf({ account }: Pick<BatchCall, 'account'>, id: string): OpenaiFile | null {
  const file = account.batches.file(id) as OpenaiFile | null;
  return file && (file.facts.expiresAtMs ?? Infinity) > monotonicNowMs() ? file : null;
}

interface UploadedForm {
  fields: Map<string, string>;
  file: { filename: string; bytes: number } | null;
  truncated: boolean;
}

/** The parts of an upload in any order, the file straight to the disk. */
async function readForm({ body, headers }: BatchCall, path: string): Promise<UploadedForm> {
  const contentType = headers['content-type'];
  if (!contentType?.startsWith('multipart/form-data')) {
    openaiRefuse("Invalid content type: expected 'multipart/form-data'.", null);
  }
  const form: UploadedForm = { fields: new Map(), file: null, truncated: false };
  const parser = new Busboy({
    headers: { ...headers, 'content-type': contentType },
    limits: { files: 1, fields: 16, fieldSize: 4_096, fileSize: MAX_FILE_BYTES },
  });
  const writes: Promise<void>[] = [];
  parser.on('field', (name, value) => form.fields.set(name, value));
  parser.on('file', (name, stream, filename) => {
    if (name !== 'file') {
      stream.resume();
      return;
    }
    const file = { filename, bytes: 0 };
    form.file = file;
    stream.on('data', (chunk: Buffer) => {
      file.bytes += chunk.length;
    });
    stream.on('limit', () => {
      form.truncated = true;
    });
    writes.push(pipeline(stream, createWriteStream(path)));
  });
  try {
    await pipeline(body, parser);
    await Promise.all(writes);
  } catch {
    await Promise.allSettled(writes);
    openaiRefuse('Could not parse multipart form.', null);
  }
  return form;
}

function readExpiry(fields: ReadonlyMap<string, string>): number | null {
  const anchor = fields.get('expires_after[anchor]');
  const seconds = fields.get('expires_after[seconds]');
  if (anchor === undefined && seconds === undefined) return null;
  const value = Number(seconds);
  if (anchor !== 'created_at') {
    openaiRefuse("Invalid value for 'expires_after.anchor': must be 'created_at'.", 'expires_after.anchor');
  }
  if (!Number.isInteger(value) || value < 3_600 || value > 2_592_000) {
    openaiRefuse(
      "Invalid value for 'expires_after.seconds': must be between 3600 and 2592000.",
      'expires_after.seconds',
    );
  }
  return value;
}

export async function uploadOpenaiFile(call: BatchCall): Promise<WireAnswer> {
  const { batches: store, batch } = call.account;
  const path = await store.newPath();
  try {
    const { fields, file, truncated } = await readForm(call, path);
    const purpose = fields.get('purpose');
    if (purpose === undefined) openaiRefuse("'purpose' is a required property", 'purpose');
    if (!PURPOSES.includes(purpose)) {
      openaiRefuse(`'${purpose}' is not one of ${JSON.stringify(PURPOSES)} - 'purpose'`, 'purpose');
    }
    if (!file) openaiRefuse("'file' is a required property", 'file');
    const maxBytes = purpose === 'batch' ? (batch.max_bytes ?? MAX_BATCH_BYTES) : MAX_FILE_BYTES;
    if (truncated || file.bytes > maxBytes) {
      openaiRefuse(`File is too large: ${file.bytes} bytes. The maximum is ${maxBytes} bytes.`, 'file');
    }
    if (purpose === 'batch' && !file.filename.endsWith('.jsonl')) {
      openaiRefuse('Invalid file format for Batch API. Must be .jsonl', null);
    }
    const asked = readExpiry(fields);
    const createdAtMs = monotonicNowMs();
    const life = asked ?? (purpose === 'batch' ? BATCH_FILE_LIFE_S : null);
    const stored: OpenaiFile = {
      id: newOpenaiFileId(),
      path,
      bytes: file.bytes,
      createdAtMs,
      facts: {
        filename: file.filename,
        purpose,
        expiresAtMs: life === null ? null : openaiFileEndMs(createdAtMs, life),
      },
    };
    store.addFile(stored);
    return openaiJson(openaiFileObject(stored));
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

function openaiFileObject({ id, bytes, createdAtMs, facts }: OpenaiFile) {
  return {
    object: 'file',
    id,
    purpose: facts.purpose,
    filename: facts.filename,
    bytes,
    created_at: Math.floor(createdAtMs / 1_000),
    expires_at: facts.expiresAtMs === null ? null : Math.floor(facts.expiresAtMs / 1_000),
    status: 'processed',
    status_details: null,
  };
}

export function listOpenaiFiles({ account, query }: BatchCall): WireAnswer {
  const purpose = query.get('purpose');
  const files = (account.batches.files() as OpenaiFile[])
    .filter(({ facts }) => (facts.expiresAtMs ?? Infinity) > monotonicNowMs())
    .filter(({ facts }) => purpose === null || facts.purpose === purpose);
  return openaiPage(files.map(openaiFileObject), query, { limit: { usual: 10_000, most: 10_000 } });
}

export function readOpenaiFile(call: BatchCall): WireAnswer {
  const file = openaiFileOf(call, call.id);
  return file ? openaiJson(openaiFileObject(file)) : openaiNoSuch('File object', call.id);
}

export async function deleteOpenaiFile(call: BatchCall): Promise<WireAnswer> {
  const { id, account } = call;
  if (!openaiFileOf(call, id)) return openaiNoSuch('File object', id);
  await account.batches.deleteFile(id);
  return openaiJson({ object: 'file', deleted: true, id });
}

export function openaiFileContent(call: BatchCall): WireAnswer | FileAnswer {
  const file = openaiFileOf(call, call.id);
  if (!file) return openaiNoSuch('File object', call.id);
  return {
    status: 200,
    headers: {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${file.facts.filename}"`,
    },
    file: { path: file.path, bytes: file.bytes },
  };
}
