import { SNIFFED_BYTES, sniffMediaType } from './sniff-media-type.ts';

/** Kinds of file whose every format is known by its first bytes: what is not recognised is not one of them. */
const ALWAYS_RECOGNISED =
  /^(image\/|application\/pdf$|audio\/(wav|x-wav|mp3|mpeg)$|video\/(mp4|webm|quicktime)$)/;

/**
 * The media type of a base64 file: what its bytes say, else what was declared when it is a format without a
 * signature of its own (sound and video in older containers). Null: it can't be what was declared.
 */
export function actualMediaType(base64: string, declared: string): string | null {
  const head = Buffer.from(base64.slice(0, Math.ceil(SNIFFED_BYTES / 3) * 4), 'base64');
  const found = sniffMediaType(head);
  if (found !== null) return found;
  return /^(audio|video)\//.test(declared) && !ALWAYS_RECOGNISED.test(declared) ? declared : null;
}
