import { ApiError } from '@sluice/contracts';
import {
  QUOTE,
  BACKSLASH,
  OPEN_BRACKET,
  CLOSE_BRACKET,
  OPEN_BRACE,
  CLOSE_BRACE,
  COMMA,
  COLON,
} from '../json-bytes.ts';
import { MAX_LINE_BYTES } from './batch-limits.ts';

export type BodyPart =
  /** JSON text of the fields before `requests`; comes first when there are any requests. */
  | { kind: 'head'; text: string }
  /** JSON text of one element of `requests`. */
  | { kind: 'request'; text: string }
  /** JSON text of the body with null in place of `requests`; comes last. */
  | { kind: 'rest'; text: string; hasRequests: boolean };

const NULL = Buffer.from('null');
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const MAX_REST_BYTES = 1024 * 1024;

/**
 * Cuts `{"requests": [{…}, {…}], …}` into its requests while it arrives, so that a body of 200 MB is never in memory.
 * The fields may come in any order. Only brackets and quotes are looked at: whoever reads the parts finds out
 * whether they are JSON.
 * @throws ApiError `body_too_large` for one request or the rest above 1 MiB.
 */
export async function* splitRequests(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<BodyPart, void, undefined> {
  const rest = createCollector(MAX_REST_BYTES, 'What comes beside requests');
  let item: ReturnType<typeof createCollector> | null = null;
  let depth = 0;
  let inString = false;
  let escaped = false;
  /** Last string at depth 1, where it began, and whether a colon followed. */
  let key = '';
  let keyBytes: number[] | null = null;
  let afterColon = false;
  let inRequests = false;
  let hasRequests = false;
  let first = true;

  for await (const piece of body) {
    const chunk = first && BYTE_ORDER_MARK.equals(piece.subarray(0, 3)) ? piece.subarray(3) : piece;
    first = false;
    /** Where what is being collected goes on in this chunk. */
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] as number;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) {
          inString = false;
          if (keyBytes) key = Buffer.from(keyBytes).toString('utf8');
          keyBytes = null;
          continue;
        }
        if (keyBytes && keyBytes.length < 100) keyBytes.push(byte);
        continue;
      }
      if (inRequests && depth === 2 && item === null && byte !== CLOSE_BRACKET) {
        if (isSpace(byte) || byte === COMMA) continue;
        item = createCollector(MAX_LINE_BYTES, 'One of the requests');
        from = at;
      }
      switch (byte) {
        case QUOTE:
          inString = true;
          if (depth === 1) keyBytes = [];
          break;
        case COLON:
          if (depth === 1) afterColon = true;
          break;
        case COMMA:
          if (depth === 1) afterColon = false;
          // A bare value between commas; whoever reads it refuses it.
          if (depth === 2 && item) {
            item.add(chunk.subarray(from, at));
            yield { kind: 'request', text: item.text() };
            item = null;
          }
          break;
        case OPEN_BRACKET:
        case OPEN_BRACE:
          depth += 1;
          if (depth === 2 && byte === OPEN_BRACKET && afterColon && key === 'requests' && !hasRequests) {
            inRequests = true;
            hasRequests = true;
            rest.add(chunk.subarray(from, at));
            rest.add(NULL);
            yield { kind: 'head', text: `${rest.text()}}` };
          }
          break;
        case CLOSE_BRACKET:
        case CLOSE_BRACE:
          if (item && inRequests && depth === 2) {
            item.add(chunk.subarray(from, at));
            yield { kind: 'request', text: item.text() };
            item = null;
          }
          depth -= 1;
          if (item && depth === 2) {
            item.add(chunk.subarray(from, at + 1));
            yield { kind: 'request', text: item.text() };
            item = null;
          }
          if (inRequests && depth === 1) {
            inRequests = false;
            from = at + 1;
          }
          break;
        default:
          break;
      }
    }
    if (item) item.add(chunk.subarray(from));
    else if (!inRequests) rest.add(chunk.subarray(from));
  }
  yield { kind: 'rest', text: rest.text(), hasRequests };
}

function createCollector(maxBytes: number, what: string) {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  return {
    add(piece: Uint8Array): void {
      bytes += piece.length;
      if (bytes > maxBytes) throw new ApiError('body_too_large', `${what} is larger than ${maxBytes} bytes.`);
      // A copy: the piece may be a small part of a large chunk.
      pieces.push(Buffer.from(piece));
    },
    text: (): string => Buffer.concat(pieces).toString('utf8'),
  };
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
