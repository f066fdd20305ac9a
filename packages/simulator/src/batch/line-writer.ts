import { open } from 'node:fs/promises';

const BUFFER_BYTES = 256 * 1_024;

/** Writes a file of lines through a small buffer. Owned by whoever opened it: `end` closes the file. */
export interface LineWriter {
  write(text: string): Promise<void>;
  /** Bytes and lines in all. Idempotent. */
  end(): Promise<{ bytes: number; lines: number }>;
}

export async function openLineWriter(path: string): Promise<LineWriter> {
  const file = await open(path, 'w');
  let pending: string[] = [];
  let pendingBytes = 0;
  let bytes = 0;
  let lines = 0;
  let ended = false;

  async function flush(): Promise<void> {
    if (pendingBytes === 0) return;
    const text = pending.join('');
    pending = [];
    pendingBytes = 0;
    await file.write(text);
  }

  return {
    async write(text) {
      const line = `${text}\n`;
      const size = Buffer.byteLength(line);
      pending.push(line);
      pendingBytes += size;
      bytes += size;
      lines += 1;
      if (pendingBytes >= BUFFER_BYTES) await flush();
    },
    async end() {
      if (!ended) {
        ended = true;
        await flush();
        await file.close();
      }
      return { bytes, lines };
    },
  };
}
