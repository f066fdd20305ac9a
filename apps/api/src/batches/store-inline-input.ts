import { ApiError } from '@sluice/contracts';
import type { StoredInput, TenantFiles } from '../tenant-files.ts';
import { readInlineBody, type InlinePart } from './read-inline-body.ts';

export type InlineRequest = Extract<InlinePart, { kind: 'request' }>;

export interface InlineInput {
  options: Record<string, unknown>;
  /** Those of them that came before the requests. */
  head: Readonly<Record<string, unknown>>;
  /** Null: the body brought no requests. */
  input: StoredInput | null;
}

/** Written in pieces of about this size. */
const PIECE_BYTES = 64 * 1024;

/**
 * Stores the requests of a body as the lines of an input file while they arrive.
 * @throws ApiError as `readInlineBody`, `toLine` and `TenantFiles.store`; nothing is kept then.
 */
export async function storeInlineInput(
  body: AsyncIterable<Uint8Array>,
  {
    isNdjson,
    toLine,
    maxBytes,
  }: {
    isNdjson: boolean;
    /** A request as a line of the file; `head` holds the fields that came before the requests. */
    toLine: (request: InlineRequest, head: Readonly<Record<string, unknown>>) => object;
    maxBytes?: number;
  },
  files: Pick<TenantFiles, 'store' | 'discard'>,
): Promise<InlineInput> {
  let options: Record<string, unknown> | null = null;
  let hasRequests = false;
  let head: Record<string, unknown> = {};
  const parts = readInlineBody(body, { isNdjson });
  const content = async function* (): AsyncGenerator<Uint8Array> {
    let text = '';
    for await (const part of parts) {
      if (part.kind === 'options') {
        options = part.value;
        hasRequests = part.hasRequests;
        continue;
      }
      if (part.kind === 'head') {
        head = part.value;
        continue;
      }
      text += `${JSON.stringify(toLine(part, head))}\n`;
      if (text.length < PIECE_BYTES) continue;
      yield Buffer.from(text);
      text = '';
    }
    if (text !== '') yield Buffer.from(text);
  };
  const input = await files.store(content(), maxBytes === undefined ? {} : { maxBytes });
  if (options === null) throw new ApiError('invalid_json', 'The body is not well-formed JSON.');
  if (hasRequests) return { options, head, input };
  await files.discard(input);
  return { options, head, input: null };
}
