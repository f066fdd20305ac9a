import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { FileVault } from './file-vault.ts';
import type { RingKey } from './parse-key-ring.ts';
import { createPieceReader, type PieceReader } from './piece-reader.ts';
import {
  CHUNK_BYTES,
  decodeHeader,
  encodeHeader,
  HEADER_BYTES,
  nonceOf,
  SALT_BYTES,
  SEALED_CHUNK_BYTES,
  TAG_BYTES,
} from './sealed-file-format.ts';
import { VaultError } from './vault.ts';

const CIPHER = 'aes-256-gcm';

/**
 * AES-256-GCM in chunks of 64 KiB, with a key of its own for each file that is written. The first key of the ring seals,
 * all open, as for texts. Without keys content is stored as it is, and what was sealed does not open.
 */
export function createFileVault(ring: readonly RingKey[]): FileVault {
  const [current] = ring;
  const byId = new Map(ring.map((key) => [key.id, key]));

  const ringKey = (id: string, place: string): RingKey => {
    const key = byId.get(id);
    if (key) return key;
    throw new VaultError(
      `What is stored at ${place} was sealed with the key "${id}", which is not in SLUICE_ENCRYPTION_KEYS.`,
    );
  };

  return {
    seals: current !== undefined,
    seal: (content, place) => (current ? sealed(content, { key: current, place }) : content),
    async open(read, place, start = 0) {
      const stored = await read(0);
      if (!stored) return null;
      const reader = createPieceReader(stored);
      try {
        const head = await reader.take(HEADER_BYTES);
        const header = decodeHeader(head);
        if (!header && start === 0) return rest(head, reader);
        const { chunk, skip } = placeOf(start);
        // What is read further on begins there: nothing before it is fetched.
        if (!header || chunk > 0) await reader.close();
        if (!header) return await read(start);
        const key = fileKey(ringKey(header.keyId, place), header.salt, place);
        if (chunk === 0) return opened(reader, { key, place, chunk, skip });
        const further = await read(HEADER_BYTES + chunk * SEALED_CHUNK_BYTES);
        return further && opened(createPieceReader(further), { key, place, chunk, skip });
      } catch (error) {
        await reader.close();
        throw error;
      }
    },
  };
}

async function* sealed(
  content: AsyncIterable<Uint8Array>,
  { key: ring, place }: { key: RingKey; place: string },
): AsyncGenerator<Uint8Array, void, undefined> {
  const salt = randomBytes(SALT_BYTES);
  const key = fileKey(ring, salt, place);
  const reader = createPieceReader(content);
  try {
    yield encodeHeader({ keyId: ring.id, salt });
    for (let chunk = 0, isLast = false; !isLast; chunk += 1) {
      const text = await reader.take(CHUNK_BYTES);
      isLast = await reader.isAtEnd();
      const cipher = createCipheriv(CIPHER, key, nonceOf(chunk, isLast));
      yield Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
    }
  } finally {
    await reader.close();
  }
}

async function* opened(
  reader: PieceReader,
  { key, place, chunk: first, skip }: { key: Buffer; place: string; chunk: number; skip: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (let chunk = first, isLast = false; !isLast; chunk += 1) {
      const piece = await reader.take(SEALED_CHUNK_BYTES);
      isLast = await reader.isAtEnd();
      const text = openChunk(piece, { key, nonce: nonceOf(chunk, isLast), place });
      const wanted = chunk === first ? text.subarray(skip) : text;
      if (wanted.length > 0) yield wanted;
    }
  } finally {
    await reader.close();
  }
}

function openChunk(
  piece: Buffer,
  { key, nonce, place }: { key: Buffer; nonce: Buffer; place: string },
): Buffer {
  try {
    const end = piece.length - TAG_BYTES;
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(piece.subarray(end));
    return Buffer.concat([decipher.update(piece.subarray(0, end)), decipher.final()]);
  } catch {
    throw new VaultError(`What is stored at ${place} was changed or cut off, or moved there from elsewhere.`);
  }
}

/** Content that is not sealed, whose beginning was taken. */
async function* rest(head: Buffer, reader: PieceReader): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (head.length > 0) yield head;
    yield* reader.rest();
  } finally {
    await reader.close();
  }
}

/** The chunk that a byte lies in; for one behind the last byte the chunk before it, so that its end is checked. */
function placeOf(start: number): { chunk: number; skip: number } {
  const chunk = Math.max(0, Math.ceil(start / CHUNK_BYTES) - 1);
  return { chunk, skip: start - chunk * CHUNK_BYTES };
}

function fileKey({ secret }: RingKey, salt: Buffer, place: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, `sluice file ${place}`, 32));
}
