import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createFileVault } from './create-file-vault.ts';
import type { FileVault, ReadStored } from './file-vault.ts';
import type { RingKey } from './parse-key-ring.ts';
import { CHUNK_BYTES, HEADER_BYTES, SEALED_CHUNK_BYTES } from './sealed-file-format.ts';

const key = (id: string): RingKey => ({ id, secret: randomBytes(32) });
const PLACE = 'file/file-1';
const PIECE_BYTES = 10_007;

/** In pieces that fit no chunk. */
async function* pieces(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += PIECE_BYTES) yield content.subarray(at, at + PIECE_BYTES);
}

async function whole(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const found: Uint8Array[] = [];
  for await (const piece of content) found.push(piece);
  return Buffer.concat(found);
}

const stored =
  (bytes: Buffer): ReadStored =>
  async (start) =>
    pieces(bytes.subarray(start));

const seal = (vault: FileVault, content: Buffer, place = PLACE): Promise<Buffer> =>
  whole(vault.seal(pieces(content), place));

async function open(vault: FileVault, bytes: Buffer, { place = PLACE, start = 0 } = {}): Promise<Buffer> {
  const content = await vault.open(stored(bytes), place, start);
  return whole(content ?? pieces(Buffer.alloc(0)));
}

const SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 500];

test.each(SIZES)('%d bytes come back from any byte on, and nothing of them is seen', async (size) => {
  const vault = createFileVault([key('a')]);
  const content = Buffer.alloc(size, 'canary ');
  const sealed = await seal(vault, content);
  expect(sealed.includes('canary')).toBe(false);
  expect(await seal(vault, content)).not.toEqual(sealed);
  const starts = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, size];
  for (const start of starts.filter((at) => at <= size)) {
    expect((await open(vault, sealed, { start })).equals(content.subarray(start))).toBe(true);
  }
});

describe('what was done to a stored file is seen', () => {
  const vault = createFileVault([key('a')]);
  const content = randomBytes(3 * CHUNK_BYTES);
  const chunkAt = (n: number): number => HEADER_BYTES + n * SEALED_CHUNK_BYTES;
  const changes: Record<string, (sealed: Buffer) => Buffer> = {
    'cut off within a chunk': (sealed) => sealed.subarray(0, -1),
    'cut off between chunks': (sealed) => sealed.subarray(0, chunkAt(2)),
    'cut off after the header': (sealed) => sealed.subarray(0, HEADER_BYTES),
    'a bit turned over': (sealed) => {
      const changed = Buffer.from(sealed);
      changed[chunkAt(1) + 5] = (changed[chunkAt(1) + 5] ?? 0) ^ 1;
      return changed;
    },
    'chunks swapped': (sealed) =>
      Buffer.concat([
        sealed.subarray(0, chunkAt(0)),
        sealed.subarray(chunkAt(1), chunkAt(2)),
        sealed.subarray(chunkAt(0), chunkAt(1)),
        sealed.subarray(chunkAt(2)),
      ]),
    'a chunk left out': (sealed) =>
      Buffer.concat([sealed.subarray(0, chunkAt(1)), sealed.subarray(chunkAt(2))]),
    'something added': (sealed) => Buffer.concat([sealed, Buffer.from('x')]),
  };
  test.each(Object.keys(changes))('%s', async (change) => {
    const changed = changes[change]?.(await seal(vault, content)) ?? Buffer.alloc(0);
    await expect(open(vault, changed)).rejects.toThrow('changed or cut off');
    // Who begins further on sees what was done from there on.
    await expect(open(vault, changed, { start: CHUNK_BYTES + 1 })).rejects.toThrow('changed or cut off');
  });

  test('moved to another place', async () => {
    await expect(open(vault, await seal(vault, content), { place: 'file/file-2' })).rejects.toThrow('moved');
  });
});

test('after a rotation the new key seals and the old one still opens, until it leaves the ring', async () => {
  const [old, fresh] = [key('2026a'), key('2026b')];
  const content = randomBytes(100_000);
  const sealed = await seal(createFileVault([old]), content);
  const rotated = createFileVault([fresh, old]);
  expect(await open(rotated, sealed)).toEqual(content);
  const again = await seal(rotated, content);
  expect(await open(createFileVault([fresh]), again)).toEqual(content);
  await expect(open(createFileVault([fresh]), sealed)).rejects.toThrow(
    '"2026a", which is not in SLUICE_ENCRYPTION_KEYS',
  );
});

test('content from before the vault had keys passes, from any byte on; sealed content needs keys', async () => {
  const [plain, vault] = [createFileVault([]), createFileVault([key('a')])];
  const content = Buffer.alloc(200_000, 'plain ');
  expect(plain.seals).toBe(false);
  expect(await seal(plain, content)).toEqual(content);
  for (const start of [0, 7, 199_999, 200_000]) {
    expect((await open(vault, content, { start })).equals(content.subarray(start))).toBe(true);
  }
  expect(await open(vault, Buffer.from('x'))).toEqual(Buffer.from('x'));
  await expect(open(plain, await seal(vault, content))).rejects.toThrow('SLUICE_ENCRYPTION_KEYS');
  expect(await vault.open(async () => null, PLACE)).toBeNull();
});

test('a reader that stops early lets go of what it read from', async () => {
  const vault = createFileVault([key('a')]);
  const sealed = await seal(vault, randomBytes(5 * CHUNK_BYTES));
  let closed = 0;
  const read: ReadStored = async (start) => {
    const source = pieces(sealed.subarray(start));
    const watched = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield* source;
      } finally {
        closed += 1;
      }
    };
    return watched();
  };
  for await (const piece of (await vault.open(read, PLACE)) ?? []) {
    expect(piece.length).toBe(CHUNK_BYTES);
    break;
  }
  expect(closed).toBe(1);
  for await (const _piece of (await vault.open(read, PLACE, 3 * CHUNK_BYTES)) ?? []) break;
  expect(closed).toBe(3);
});
