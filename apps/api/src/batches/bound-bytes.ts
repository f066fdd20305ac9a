import { ApiError } from '@sluice/contracts';

/** The content of a file as it arrives. @throws ApiError `file_too_large` at the byte too many. */
export async function* boundBytes(
  content: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  for await (const piece of content) {
    bytes += piece.length;
    if (bytes > maxBytes) {
      throw new ApiError('file_too_large', `The file is larger than ${maxBytes} bytes.`, { param: 'file' });
    }
    yield piece;
  }
}
