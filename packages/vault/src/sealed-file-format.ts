/**
 * A sealed file: a header (`MAGIC`, the id of the ring's key, a salt), then chunks of `CHUNK_BYTES` of the content, each
 * followed by its tag; the last one may be shorter. The file's own key is derived from the ring's key, the salt and the
 * place. A chunk's nonce is its number and whether it is the last, so none can be left out, moved or added.
 */
export const CHUNK_BYTES = 64 * 1024;
export const TAG_BYTES = 16;
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;

/** No UTF-8 text begins so. */
export const MAGIC = Buffer.from('\u00ffsluice1', 'latin1');
const ID_BYTES = 32;
export const SALT_BYTES = 32;
export const HEADER_BYTES = MAGIC.length + ID_BYTES + SALT_BYTES;

export interface FileHeader {
  keyId: string;
  salt: Buffer;
}

export function encodeHeader({ keyId, salt }: FileHeader): Buffer {
  const id = Buffer.alloc(ID_BYTES);
  id.write(keyId, 'latin1');
  return Buffer.concat([MAGIC, id, salt]);
}

/** Null: the content is not sealed. */
export function decodeHeader(bytes: Buffer): FileHeader | null {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const id = bytes.subarray(MAGIC.length, MAGIC.length + ID_BYTES);
  const end = id.indexOf(0);
  return {
    keyId: id.toString('latin1', 0, end === -1 ? ID_BYTES : end),
    salt: bytes.subarray(MAGIC.length + ID_BYTES, HEADER_BYTES),
  };
}

/** Whether it is the last, three zeros, and the number in 8 bytes: 12, as GCM takes them. */
export function nonceOf(chunk: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt8(isLast ? 1 : 0, 0);
  nonce.writeBigUInt64BE(BigInt(chunk), 4);
  return nonce;
}
