import type { Readable } from 'node:stream';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN = new Set([0x7b, 0x5b]);
const CLOSE = new Set([0x7d, 0x5d]);
const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d]);
const MAX_REST_BYTES = 1_024 * 1_024;

export type SplitArray =
  /** `rest`: the text without the elements. */
  { status: 'ok'; rest: string } | { status: 'too_large' } | { status: 'stopped' };

/**
 * Reads a JSON object whose member `field` is a long array, giving each element's text as it arrives, on one line.
 * Holds one element in memory. Elements are not checked; `onElement` may stop the splitting by returning false. The
 * body is read to its end in any case.
 */
export async function splitJsonArray(
  body: Readable,
  {
    field,
    maxBytes,
    onElement,
  }: { field: string; maxBytes: number; onElement: (text: string) => Promise<boolean> },
): Promise<SplitArray> {
  const opening = new RegExp(`"${field}"\\s*:\\s*\\[$`);
  const rest: Buffer[] = [];
  let restBytes = 0;
  let element: Buffer[] = [];
  let bytes = 0;
  let depth = 0;
  let arrayDepth: number | null = null;
  let inString = false;
  let isEscaped = false;
  let outcome: 'too_large' | 'stopped' | null = null as 'too_large' | 'stopped' | null;

  const keep = (piece: Buffer): void => {
    rest.push(piece);
    restBytes += piece.length;
    if (restBytes > MAX_REST_BYTES) outcome = 'too_large';
  };
  const give = async (tail: Buffer): Promise<void> => {
    const text = Buffer.concat([...element, tail])
      .toString()
      .replace(/[\n\r]/g, ' ')
      .trim();
    element = [];
    if (text !== '' && !(await onElement(text))) outcome = 'stopped';
  };

  for await (const piece of body) {
    const chunk = piece as Buffer;
    bytes += chunk.length;
    if (bytes > maxBytes) outcome = 'too_large';
    if (outcome) continue;
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at]!;
      if (inString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      if (byte === QUOTE) inString = true;
      else if (OPEN.has(byte)) {
        depth += 1;
        if (arrayDepth !== null || depth !== 2) continue;
        const before = chunk.subarray(from, at + 1);
        if (!opening.test(Buffer.concat([...rest, before]).toString('latin1'))) continue;
        keep(before);
        from = at + 1;
        arrayDepth = depth;
      } else if (CLOSE.has(byte)) {
        if (depth === arrayDepth) {
          await give(chunk.subarray(from, at));
          from = at;
          arrayDepth = null;
        }
        depth -= 1;
      } else if (byte === COMMA && depth === arrayDepth) {
        await give(chunk.subarray(from, at));
        from = at + 1;
      } else if (depth === arrayDepth && BLANK.has(byte) && element.length === 0 && at === from) {
        from = at + 1;
      }
      if (outcome) break;
    }
    if (from === chunk.length) continue;
    if (arrayDepth === null) keep(chunk.subarray(from));
    else element.push(chunk.subarray(from));
  }
  return outcome ? { status: outcome } : { status: 'ok', rest: Buffer.concat(rest).toString() };
}
