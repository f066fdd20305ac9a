import { isUtf8 } from 'node:buffer';

export interface InputLine {
  /** Line of the file, from 1. */
  number: number;
  /** Without its end; '' when `fault` is set. */
  text: string;
  fault: 'too_long' | 'not_utf8' | null;
  /** Byte of the file at which the next line begins. */
  endByte: number;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * The lines of a file, some at a time. A byte order mark and `\r\n` are tolerated. Holds one line at most, and of
 * one that is longer than `maxLineBytes` no more than that.
 */
export async function* readLines(
  content: AsyncIterable<Uint8Array>,
  {
    maxLineBytes,
    startByte = 0,
    startNumber = 0,
  }: {
    maxLineBytes: number;
    /** Byte of the file at which `content` begins; the start of a line. */
    startByte?: number;
    /** Lines of the file before it. */
    startNumber?: number;
  },
): AsyncGenerator<readonly InputLine[], void, undefined> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  let number = startNumber;
  let position = startByte;

  const take = (rest: Uint8Array): void => {
    length += rest.length;
    if (length <= maxLineBytes + BYTE_ORDER_MARK.length + 1) pieces.push(rest);
    else pieces = [];
  };
  const end = (): InputLine => {
    number += 1;
    let bytes = pieces.length === 1 ? Buffer.from(pieces[0] as Uint8Array) : Buffer.concat(pieces);
    if (number === 1 && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) bytes = bytes.subarray(3);
    if (bytes.at(-1) === RETURN) bytes = bytes.subarray(0, -1);
    const tooLong = (length > 0 && pieces.length === 0) || bytes.length > maxLineBytes;
    const fault = tooLong ? 'too_long' : isUtf8(bytes) ? null : 'not_utf8';
    pieces = [];
    length = 0;
    return { number, text: fault === null ? bytes.toString('utf8') : '', fault, endByte: position };
  };

  for await (const chunk of content) {
    const lines: InputLine[] = [];
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, at));
      position += at + 1 - from;
      from = at + 1;
      lines.push(end());
    }
    if (from < chunk.length) {
      take(chunk.subarray(from));
      position += chunk.length - from;
    }
    if (lines.length > 0) yield lines;
  }
  if (length > 0) yield [end()];
}
