import { ApiError, MAX_BATCH_LINES } from '@sluice/contracts';

const NEWLINE = 0x0a;

/**
 * The content of a file as it arrives. Blank lines count; the last one need not end with a newline.
 * @throws ApiError `too_many_lines` at the line too many.
 */
export async function* boundLines(
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let ends = 0;
  for await (const piece of content) {
    for (let at = piece.indexOf(NEWLINE); at !== -1; at = piece.indexOf(NEWLINE, at + 1)) ends += 1;
    if (ends > MAX_BATCH_LINES) throw tooManyLines();
    yield piece;
  }
}

export function tooManyLines(): ApiError {
  return new ApiError('too_many_lines', `The file has more than ${MAX_BATCH_LINES} lines.`, {
    param: 'file',
  });
}
