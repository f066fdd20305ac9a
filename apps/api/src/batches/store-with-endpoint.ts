import type { StoredInput, TenantFiles } from '../tenant-files.ts';
import { MAX_LINE_BYTES } from './batch-limits.ts';
import { createYielder } from './create-yielder.ts';
import { readLines } from './read-lines.ts';

const PIECE_CHARACTERS = 64 * 1024;

/**
 * Lines that were stored before their batch's endpoint was known, stored again with it as their `url`; what was stored
 * before is discarded. For bodies whose `requests` come before their `endpoint`.
 */
export async function storeWithEndpoint(
  input: StoredInput,
  endpoint: string,
  files: Pick<TenantFiles, 'read' | 'store' | 'discard'>,
): Promise<StoredInput> {
  const content = await files.read(input);
  if (!content) throw new Error(`The input ${input.id} is gone.`);
  const stored = await files.store(linesTo(content, endpoint));
  await files.discard(input);
  return stored;
}

async function* linesTo(
  content: AsyncIterable<Uint8Array>,
  endpoint: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const turn = createYielder();
  let text = '';
  // Room for the fields around a request that is as long as it may be.
  for await (const lines of readLines(content, { maxLineBytes: 2 * MAX_LINE_BYTES })) {
    for (const line of lines) {
      await turn();
      if (line.text === '') continue;
      text += `${JSON.stringify({ ...(JSON.parse(line.text) as object), url: endpoint })}\n`;
      if (text.length < PIECE_CHARACTERS) continue;
      yield Buffer.from(text);
      text = '';
    }
  }
  if (text !== '') yield Buffer.from(text);
}
