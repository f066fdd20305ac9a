const CHUNK_CHARS = 64 * 1024;

/**
 * Lines within a text, as a body that is made while it is sent, in pieces; so that a batch is not held in memory once
 * more. `bytes` is its length.
 */
export function joinedLines(
  lines: readonly string[],
  { head, between, tail }: { head: string; between: string; tail: string },
): { body: ReadableStream<Uint8Array>; bytes: number } {
  function* pieces(): Generator<Uint8Array> {
    let pending = [head];
    let chars = 0;
    for (const [at, line] of lines.entries()) {
      if (at > 0) pending.push(between);
      pending.push(line);
      chars += line.length;
      if (chars < CHUNK_CHARS) continue;
      yield Buffer.from(pending.join(''));
      pending = [];
      chars = 0;
    }
    pending.push(tail);
    yield Buffer.from(pending.join(''));
  }

  const around = Buffer.byteLength(head) + Buffer.byteLength(tail);
  const separators = Buffer.byteLength(between) * Math.max(0, lines.length - 1);
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line), around + separators);
  return { body: ReadableStream.from(pieces()), bytes };
}
