import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Dicer } from '@fastify/busboy';
import type { BatchCall, FileAnswer } from '../../../batch/batch-api.ts';
import type { BatchStore, SimulatedFile } from '../../../batch/batch-store.ts';
import { readBody } from '../../../batch/read-body.ts';
import { monotonicNowMs } from '../../../server/monotonic-now-ms.ts';
import { isObject } from '../../is-object.ts';
import { randomText } from '../../random-text.ts';
import type { WireAnswer } from '../../vendor-wire.ts';
import { googleJson } from './google-json.ts';
import { GoogleRefused } from './google-refused.ts';

const MAX_FILE_BYTES = 2 * 1_024 ** 3;
const MAX_METADATA_BYTES = 64 * 1_024;
const FILE_LIFE_MS = 48 * 3_600_000;
const MAX_OPEN_UPLOADS = 1_000;

export interface GoogleFileFacts {
  displayName: string;
  mimeType: string;
  source: 'UPLOADED' | 'GENERATED';
}
export type GoogleFile = SimulatedFile<GoogleFileFacts>;

/** Uploads that were begun and have no bytes yet. */
const OPEN_UPLOADS = new WeakMap<BatchStore, Map<string, { displayName: string; mimeType: string }>>();

export function newGoogleFileName(): string {
  return `files/${randomText(12).toLowerCase()}`;
}

export function googleFileObject({ id, bytes, createdAtMs, facts }: GoogleFile, baseUrl: string): object {
  const time = (ms: number): string => new Date(ms).toISOString();
  return {
    name: id,
    displayName: facts.displayName,
    mimeType: facts.mimeType,
    sizeBytes: String(bytes),
    createTime: time(createdAtMs),
    updateTime: time(createdAtMs),
    expirationTime: time(createdAtMs + FILE_LIFE_MS),
    uri: `${baseUrl}/v1beta/${id}`,
    state: 'ACTIVE',
    source: facts.source,
  };
}

function displayNameOf(metadata: unknown): string {
  const file = isObject(metadata) && isObject(metadata['file']) ? metadata['file'] : {};
  const name = file['displayName'] ?? file['display_name'];
  return typeof name === 'string' ? name : '';
}

function parse(text: string): unknown {
  try {
    return text === '' ? {} : (JSON.parse(text) as unknown);
  } catch {
    throw new GoogleRefused('Invalid JSON payload received.');
  }
}

/** `multipart/related`: the metadata as JSON, then the file, which goes straight to the disk. */
async function readRelated(
  { body, headers }: BatchCall,
  path: string,
): Promise<{ displayName: string; mimeType: string; bytes: number }> {
  const boundary = /boundary="?([^";]+)"?/.exec(headers['content-type'] ?? '')?.[1];
  if (!boundary) throw new GoogleRefused('Multipart body has no boundary.');
  const dicer = new Dicer({ boundary });
  const work: Promise<void>[] = [];
  let metadata = '';
  let mimeType = 'application/octet-stream';
  let bytes = 0;
  let parts = 0;
  dicer.on('part', (part: Readable) => {
    parts += 1;
    if (parts === 1) {
      part.on('data', (chunk: Buffer) => {
        if (metadata.length < MAX_METADATA_BYTES) metadata += chunk.toString();
      });
      return;
    }
    part.on('header', (header: Record<string, string[]>) => {
      mimeType = header['content-type']?.[0] ?? mimeType;
    });
    part.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    work.push(pipeline(part, createWriteStream(path)));
  });
  try {
    await pipeline(body, dicer);
    await Promise.all(work);
  } catch {
    await Promise.allSettled(work);
    throw new GoogleRefused('Multipart body could not be read.');
  }
  if (parts < 2) throw new GoogleRefused('Metadata-only requests are not supported.');
  return { displayName: displayNameOf(parse(metadata)), mimeType, bytes };
}

function addFile(
  { account, baseUrl }: BatchCall,
  { path, bytes, ...facts }: { path: string; bytes: number; displayName: string; mimeType: string },
): WireAnswer {
  if (bytes > (account.batch.max_bytes ?? MAX_FILE_BYTES)) {
    throw new GoogleRefused(`File size exceeds the limit: ${bytes} bytes.`);
  }
  const file: GoogleFile = {
    id: newGoogleFileName(),
    path,
    bytes,
    createdAtMs: monotonicNowMs(),
    facts: { ...facts, source: 'UPLOADED' },
  };
  account.batches.addFile(file);
  return googleJson({ file: googleFileObject(file, baseUrl) }, { 'x-goog-upload-status': 'final' });
}

async function beginUpload({ account, body, headers, baseUrl }: BatchCall): Promise<WireAnswer> {
  const bytes = await readBody(body, MAX_METADATA_BYTES);
  const displayName = displayNameOf(parse(bytes?.toString() ?? ''));
  const type = headers['x-goog-upload-header-content-type'];
  const open = OPEN_UPLOADS.get(account.batches) ?? new Map();
  OPEN_UPLOADS.set(account.batches, open);
  const id = randomText(40);
  open.set(id, { displayName, mimeType: typeof type === 'string' ? type : 'application/octet-stream' });
  if (open.size > MAX_OPEN_UPLOADS) open.delete(open.keys().next().value as string);
  const url = `${baseUrl}/upload/v1beta/files?upload_id=${id}&upload_protocol=resumable`;
  return googleJson({}, { 'x-goog-upload-url': url, 'x-goog-upload-status': 'active' });
}

/** All bytes in one go: an upload in several chunks is not simulated. */
async function finishUpload(
  call: BatchCall,
  { id, path }: { id: string; path: string },
): Promise<WireAnswer> {
  const { account, body, headers } = call;
  const open = OPEN_UPLOADS.get(account.batches);
  const begun = open?.get(id);
  if (!begun) throw new GoogleRefused('The upload has been terminated or does not exist.');
  const command = String(headers['x-goog-upload-command']);
  if (!/upload/.test(command) || !/finalize/.test(command)) {
    throw new GoogleRefused('The simulator takes an upload in one piece: "upload, finalize".');
  }
  let bytes = 0;
  body.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await pipeline(body, createWriteStream(path));
  open?.delete(id);
  return addFile(call, { path, bytes, ...begun });
}

export async function uploadGoogleFile(call: BatchCall): Promise<WireAnswer> {
  const { account, headers, query } = call;
  const protocol = headers['x-goog-upload-protocol'] ?? query.get('uploadType');
  const id = query.get('upload_id');
  if (id === null && protocol === 'resumable') return beginUpload(call);
  const path = await account.batches.newPath();
  try {
    if (id !== null) return await finishUpload(call, { id, path });
    if (protocol !== 'multipart') throw new GoogleRefused('Unsupported upload protocol.');
    return addFile(call, { path, ...(await readRelated(call, path)) });
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

export function downloadGoogleFile({ account, id, query }: BatchCall): FileAnswer | null {
  const file = account.batches.file(`files/${id}`) as GoogleFile | null;
  if (!file || query.get('alt') !== 'media') return null;
  return {
    status: 200,
    headers: { 'content-type': file.facts.mimeType },
    file: { path: file.path, bytes: file.bytes },
  };
}
