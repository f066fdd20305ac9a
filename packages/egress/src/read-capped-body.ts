/**
 * Reads at most `maxBytes` as UTF-8 and drops the rest by ending the stream; half a character at the cut is left
 * out. Rejects with what the stream fails with.
 */
export async function readCappedBody(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytesLeft = maxBytes;
  for await (const chunk of body) {
    text += decoder.decode(chunk.subarray(0, bytesLeft), { stream: true });
    bytesLeft -= chunk.byteLength;
    if (bytesLeft <= 0) break;
  }
  return text;
}
