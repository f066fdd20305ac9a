import type { Readable } from 'node:stream';
import { discardBody } from './discard-body.ts';

/**
 * All of an answer's body; null, with the connection closed, as soon as it is known to be longer than `maxBytes`.
 * Rejects with what the stream fails with.
 */
export async function readWholeBody(
  answer: { headers: Readonly<Record<string, string | string[] | undefined>>; body: Readable },
  maxBytes: number,
): Promise<Buffer | null> {
  if (Number(answer.headers['content-length'] ?? 0) > maxBytes) {
    discardBody(answer.body);
    return null;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
