import { createReadStream } from 'node:fs';
import type { LineIndex } from './simulated-batch.ts';

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/**
 * Reads a file line by line, telling each text with its number from 1 (empty lines are counted and skipped), and
 * gives the places of the lines. `onLine` may stop the reading by returning false. Holds one line in memory.
 */
export async function readLines(
  path: string,
  onLine: (text: string, number: number) => boolean | void,
): Promise<LineIndex> {
  const offsets: number[] = [];
  const lengths: number[] = [];
  let rest: Buffer[] = [];
  let restBytes = 0;
  let offset = 0;
  let number = 0;

  const take = (tail: Buffer): boolean => {
    const bytes = restBytes === 0 ? tail : Buffer.concat([...rest, tail], restBytes + tail.length);
    rest = [];
    restBytes = 0;
    number += 1;
    const start = offset;
    offset += bytes.length + 1;
    const length = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
    const text = bytes.toString('utf8', 0, length);
    if (text.trim() === '') return true;
    offsets.push(start);
    lengths.push(length);
    return onLine(text, number) !== false;
  };

  for await (const piece of createReadStream(path, { highWaterMark: 256 * 1_024 })) {
    const chunk = piece as Buffer;
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      if (!take(chunk.subarray(from, at))) return { offsets, lengths };
      from = at + 1;
    }
    if (from < chunk.length) {
      rest.push(chunk.subarray(from));
      restBytes += chunk.length - from;
    }
  }
  if (restBytes > 0) take(Buffer.alloc(0));
  return { offsets, lengths };
}
