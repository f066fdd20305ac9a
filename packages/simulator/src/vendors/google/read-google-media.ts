import { audioSeconds } from '../../media/audio-seconds.ts';
import { countPdfPages } from '../../media/count-pdf-pages.ts';
import { decodeBase64 } from '../../media/decode-base64.ts';
import { digestOf } from '../../media/digest-of.ts';
import { imageSize } from '../../media/image-size.ts';
import { countTextTokens } from '../../answer/count-tokens.ts';
import type { SimulatedMedia } from '../simulated-chat.ts';
import { GoogleInvalid } from './google-invalid.ts';
import { googleObject } from './google-object.ts';
import { googleViolation } from './google-violation.ts';

const TILE_TOKENS = 258;
const SMALL_EDGE = 384;
const TILE_EDGE = 768;
const AUDIO_TOKENS_PER_SECOND = 32;
const VIDEO_TOKENS_PER_SECOND = 263;
const MAX_PDF_PAGES = 1_000;

/** Source: Gemini API docs, image, document, audio and video understanding: technical details. */
const IMAGE_TYPES = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif']);
const AUDIO_TYPES = new Set(
  ['wav', 'x-wav', 'mp3', 'mpeg', 'aiff', 'aac', 'ogg', 'flac'].map((type) => `audio/${type}`),
);
const VIDEO_TYPES = new Set(
  ['mp4', 'mpeg', 'mov', 'quicktime', 'avi', 'x-flv', 'mpg', 'webm', 'wmv', '3gpp'].map(
    (type) => `video/${type}`,
  ),
);

/** Source: Gemini API docs "Understand and count tokens". */
function imageTokens({ width, height }: { width: number; height: number }): number {
  if (width <= SMALL_EDGE && height <= SMALL_EDGE) return TILE_TOKENS;
  return TILE_TOKENS * Math.ceil(width / TILE_EDGE) * Math.ceil(height / TILE_EDGE);
}

function mediaOf(bytes: Buffer, mimeType: string): SimulatedMedia {
  const digest = digestOf(bytes);
  if (IMAGE_TYPES.has(mimeType)) {
    const size = /hei[cf]/.test(mimeType) ? { width: TILE_EDGE, height: TILE_EDGE } : imageSize(bytes);
    if (!size) {
      throw new GoogleInvalid(
        'Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
      );
    }
    return { kind: 'image', tokens: imageTokens(size), digest };
  }
  if (AUDIO_TYPES.has(mimeType)) {
    return { kind: 'audio', tokens: Math.ceil(audioSeconds(bytes) * AUDIO_TOKENS_PER_SECOND), digest };
  }
  if (VIDEO_TYPES.has(mimeType)) {
    // Half a megabyte a second: the length is not read from the container.
    return { kind: 'video', tokens: Math.ceil(bytes.length / 500_000) * VIDEO_TOKENS_PER_SECOND, digest };
  }
  if (mimeType === 'application/pdf') {
    const pages = countPdfPages(bytes);
    if (pages === null) throw new GoogleInvalid('The document has no pages.');
    if (pages > MAX_PDF_PAGES) {
      throw new GoogleInvalid(
        `The document contains ${pages} pages which exceeds the supported page limit of ${MAX_PDF_PAGES}.`,
      );
    }
    return { kind: 'document', tokens: pages * TILE_TOKENS, digest };
  }
  if (mimeType.startsWith('text/')) {
    return { kind: 'document', tokens: countTextTokens(bytes.toString()), digest };
  }
  throw new GoogleInvalid(`Unsupported MIME type: ${mimeType}`);
}

function mimeTypeOf(blob: Record<string, unknown>, at: string): string {
  const { mimeType } = blob;
  if (typeof mimeType !== 'string' || mimeType === '') {
    throw new GoogleInvalid(`* GenerateContentRequest.${at}.mime_type: mime_type must be specified\n`);
  }
  return mimeType.toLowerCase();
}

/** Bytes in the request, as Google checks and counts them. */
export function readGoogleInlineData(value: unknown, at: string): SimulatedMedia {
  const blob = googleObject(value, new Set(['mimeType', 'data', 'displayName']), at);
  const mimeType = mimeTypeOf(blob, at);
  const bytes = typeof blob['data'] === 'string' ? decodeBase64(blob['data']) : null;
  if (!bytes) {
    return googleViolation(
      `${at}.data`,
      `Invalid value at '${at}.data' (TYPE_BYTES), Base64 decoding failed for ${JSON.stringify(String(blob['data']).slice(0, 40))}`,
    );
  }
  return mediaOf(bytes, mimeType);
}

/** A file that was uploaded before, a video of YouTube, or a public https address. */
export function readGoogleFileData(value: unknown, at: string): SimulatedMedia {
  const file = googleObject(value, new Set(['mimeType', 'fileUri', 'displayName']), at);
  const uri = file['fileUri'];
  if (typeof uri !== 'string' || !/^https:\/\/[^\s/]+/.test(uri)) {
    throw new GoogleInvalid(`Invalid or unsupported file uri: ${String(uri)}`);
  }
  const type = typeof file['mimeType'] === 'string' ? file['mimeType'] : 'image/jpeg';
  const kind = type.startsWith('video/')
    ? 'video'
    : type.startsWith('audio/')
      ? 'audio'
      : type === 'application/pdf'
        ? 'document'
        : 'image';
  return { kind, tokens: TILE_TOKENS, digest: digestOf(uri) };
}
