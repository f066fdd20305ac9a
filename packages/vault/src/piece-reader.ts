/** Takes bytes from a stream in the amounts that are asked for. */
export interface PieceReader {
  /** So many bytes, or fewer at the end of the stream. */
  take(bytes: number): Promise<Buffer>;
  /** All that is left, in the pieces in which it comes. */
  rest(): AsyncGenerator<Uint8Array, void, undefined>;
  /** Whether all has been taken. */
  isAtEnd(): Promise<boolean>;
  /** Reads no further. Idempotent. */
  close(): Promise<void>;
}

export function createPieceReader(content: AsyncIterable<Uint8Array>): PieceReader {
  const source = content[Symbol.asyncIterator]();
  let held: Uint8Array[] = [];
  let length = 0;
  let ended = false;

  const fill = async (bytes: number): Promise<void> => {
    while (length < bytes && !ended) {
      const next = await source.next();
      if (next.done) ended = true;
      else {
        held.push(next.value);
        length += next.value.length;
      }
    }
  };

  return {
    async take(bytes) {
      await fill(bytes);
      const all = held.length === 1 ? viewOf(held[0] as Uint8Array) : Buffer.concat(held);
      const taken = all.subarray(0, bytes);
      const rest = all.subarray(bytes);
      held = rest.length > 0 ? [rest] : [];
      length = rest.length;
      return taken;
    },
    async *rest() {
      const left = held;
      [held, length] = [[], 0];
      yield* left;
      while (!ended) {
        const next = await source.next();
        if (next.done) ended = true;
        else yield next.value;
      }
    },
    async isAtEnd() {
      await fill(1);
      return length === 0;
    },
    async close() {
      if (ended) return;
      ended = true;
      await source.return?.();
    },
  };
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
