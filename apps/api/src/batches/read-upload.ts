import type { MultipartFile } from '@fastify/multipart';
import { ApiError, expiresAfterSchema } from '@sluice/contracts';
import type { FastifyRequest } from 'fastify';
import { keyBodyTooLarge } from '../key-body-too-large.ts';
import type { StoredInput } from '../tenant-files.ts';
import { boundLines } from './bound-lines.ts';
import { dropRest } from './drop-rest.ts';

export interface Upload {
  input: StoredInput;
  filename: string;
  lifetimeSeconds?: number;
}

const FIELDS = new Set(['purpose', 'expires_after[anchor]', 'expires_after[seconds]']);

/**
 * Stores the file of a multipart upload as it arrives, and checks the fields, which may come before or after it.
 * @throws ApiError `invalid_request`, `file_too_large`, `too_many_lines`, `body_too_large`; nothing is kept then.
 */
export async function readUpload(request: FastifyRequest, maxBytes: number): Promise<Upload> {
  const { files } = request.caller;
  const body = countBody(request, maxBytes);
  const parts = request.parts();
  const fields = new Map<string, string>();
  let input: StoredInput | null = null;
  let filename = '';
  try {
    for (;;) {
      const next = await Promise.race([parts.next(), body.tooLarge]);
      if (next.done) break;
      const part = next.value;
      if (part.type === 'field') {
        if (!FIELDS.has(part.fieldname)) {
          const param = part.fieldname.slice(0, 80);
          throw new ApiError('invalid_request', `${param} is not a known field.`, { param });
        }
        fields.set(part.fieldname, String(part.value));
        if (part.fieldname === 'purpose') checkPurpose(fields);
        continue;
      }
      if (part.fieldname !== 'file' || input) {
        throw new ApiError('invalid_request', 'Send one file, in the field "file".', { param: 'file' });
      }
      filename = safeFilename(part.filename);
      input = await files.store(boundLines(checked(part, body.check)));
    }
    if (!input) throw new ApiError('invalid_request', 'file is required.', { param: 'file' });
    checkPurpose(fields);
    const lifetimeSeconds = readLifetime(fields);
    return { input, filename, ...(lifetimeSeconds === undefined ? {} : { lifetimeSeconds }) };
  } catch (error) {
    dropRest(request.raw);
    if (input) await files.discard(input).catch(() => undefined);
    throw toUploadError(error);
  }
}

/**
 * Bounds the whole body with what stands around its parts, as it arrives: the parser takes it from the request itself,
 * which nothing may be put before. To be called just before the parser begins, or bytes are lost.
 */
function countBody(
  { raw, caller }: FastifyRequest,
  maxBytes: number,
): { tooLarge: Promise<never>; /** @throws ApiError */ check(): void } {
  const keyBytes = caller.limits?.body_bytes ?? Infinity;
  const error =
    keyBytes < maxBytes
      ? keyBodyTooLarge(keyBytes)
      : new ApiError('body_too_large', `The body is larger than ${maxBytes} bytes.`);
  let received = 0;
  const isTooLarge = (): boolean => received > Math.min(keyBytes, maxBytes);
  const tooLarge = new Promise<never>((_resolve, reject) => {
    raw.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (isTooLarge()) reject(error);
    });
  });
  // Nobody waits for it while the file is read.
  tooLarge.catch(() => undefined);
  return {
    tooLarge,
    check() {
      if (isTooLarge()) throw error;
    },
  };
}

async function* checked({ file }: MultipartFile, check: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of file as AsyncIterable<Uint8Array>) {
    check();
    yield chunk;
  }
}

function checkPurpose(fields: ReadonlyMap<string, string>): void {
  const purpose = fields.get('purpose');
  if (purpose === 'batch') return;
  const message = purpose === undefined ? 'purpose is required: batch.' : 'purpose must be batch.';
  throw new ApiError('invalid_request', message, { param: 'purpose' });
}

function readLifetime(fields: ReadonlyMap<string, string>): number | undefined {
  const anchor = fields.get('expires_after[anchor]');
  const seconds = fields.get('expires_after[seconds]');
  if (anchor === undefined && seconds === undefined) return undefined;
  const parsed = expiresAfterSchema.safeParse({
    anchor,
    seconds: seconds === undefined ? undefined : Number(seconds),
  });
  if (parsed.success) return parsed.data.seconds;
  const [issue] = parsed.error.issues;
  const param = `expires_after[${String(issue?.path[0] ?? 'seconds')}]`;
  throw new ApiError('invalid_request', `${param} ${issue?.message ?? 'is not valid'}.`, { param });
}

/** What may stand in a header: the last part of the name that was sent, without anything but plain characters. */
function safeFilename(sent: string | undefined): string {
  const last = (sent ?? '').split(/[/\\]/).at(-1) ?? '';
  const plain = last.replaceAll(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '');
  return plain.slice(0, 200) || 'upload.jsonl';
}

function toUploadError(error: unknown): unknown {
  if (error instanceof ApiError) return error;
  const { code = '' } = error as { code?: string };
  switch (code) {
    case 'FST_REQ_FILE_TOO_LARGE':
      return new ApiError('file_too_large', 'The file is larger than 200 MB.', { param: 'file' });
    case 'FST_INVALID_MULTIPART_CONTENT_TYPE':
      return new ApiError('unsupported_media_type', 'The body must be multipart/form-data.');
    case 'FST_FILES_LIMIT':
    case 'FST_FIELDS_LIMIT':
    case 'FST_PARTS_LIMIT':
      return new ApiError('invalid_request', 'The upload has too many parts.', { param: 'file' });
    default:
      return /multipart|unexpected end|boundary|premature/i.test((error as Error).message ?? '')
        ? new ApiError('invalid_request', 'The multipart body is not well formed.')
        : error;
  }
}
