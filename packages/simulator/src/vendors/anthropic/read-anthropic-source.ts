import { countTextTokens } from '../../answer/count-tokens.ts';
import { countPdfPages } from '../../media/count-pdf-pages.ts';
import { decodeBase64 } from '../../media/decode-base64.ts';
import { digestOf } from '../../media/digest-of.ts';
import { imageSize } from '../../media/image-size.ts';
import { sniffMediaType } from '../../media/sniff-media-type.ts';
import { isObject } from '../is-object.ts';
import type { SimulatedMedia } from '../simulated-chat.ts';
import { anthropicFields } from './anthropic-fields.ts';
import { AnthropicInvalid } from './anthropic-invalid.ts';
import { readAnthropicString } from './read-anthropic-string.ts';

const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];
const MAX_IMAGE_BYTES = 5 * 1_024 * 1_024;
const MAX_IMAGE_PIXELS = 8_000;
const MAX_LONG_EDGE = 1_568;
const MAX_IMAGE_TOKENS = 1_600;
const PDF_PAGE_TOKENS = 2_000;
const MAX_PDF_PAGES = 100;

function sourceOf(source: unknown, at: string, types: readonly string[]): Record<string, unknown> {
  if (source === undefined) throw new AnthropicInvalid(`${at}: Field required`);
  if (!isObject(source)) throw new AnthropicInvalid(`${at}: Input should be a valid dictionary`);
  const type = String(source['type']);
  if (!types.includes(type)) {
    const expected = types.map((each) => `'${each}'`).join(', ');
    throw new AnthropicInvalid(
      `${at}: Input tag '${type}' found using 'type' does not match any of the expected tags: ${expected}`,
    );
  }
  return source;
}

function readUrl(source: Record<string, unknown>, at: string): string {
  const { url } = anthropicFields(source, `${at}.url`, ['type', 'url']);
  const text = readAnthropicString(url, `${at}.url.url`);
  if (!/^https:\/\/[^\s/]+/i.test(text)) {
    throw new AnthropicInvalid(`${at}.url.url: Only HTTPS URLs are supported.`);
  }
  return text;
}

function readBytes(source: Record<string, unknown>, at: string, types: readonly string[]): Buffer {
  const place = `${at}.base64`;
  const { data, media_type: mediaType } = anthropicFields(source, place, ['type', 'media_type', 'data']);
  if (typeof mediaType !== 'string' || !types.includes(mediaType)) {
    const quoted = types.map((type) => `'${type}'`);
    const list = quoted.length > 1 ? `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}` : quoted[0];
    throw new AnthropicInvalid(`${place}.media_type: Input should be ${list}`);
  }
  const bytes = decodeBase64(readAnthropicString(data, `${place}.data`));
  if (!bytes) throw new AnthropicInvalid(`${place}: invalid base64 data`);
  return bytes;
}

/** Source: Anthropic "Vision": width × height / 750 after scaling down to 1,568 px. */
function imageTokens({ width, height }: { width: number; height: number }): number {
  const scale = Math.min(1, MAX_LONG_EDGE / Math.max(width, height));
  return Math.max(1, Math.min(MAX_IMAGE_TOKENS, Math.ceil((width * scale * height * scale) / 750)));
}

/** The image of a block, as Anthropic checks and counts it. */
export function readAnthropicImage(value: unknown, at: string): SimulatedMedia {
  const source = sourceOf(value, at, ['base64', 'url', 'file']);
  if (source['type'] === 'file') throw new AnthropicInvalid(`${at}: file not found`);
  if (source['type'] === 'url') {
    return { kind: 'image', tokens: MAX_IMAGE_TOKENS, digest: digestOf(readUrl(source, at)) };
  }
  const bytes = readBytes(source, at, IMAGE_TYPES);
  const place = `${at}.base64`;
  if (bytes.length > MAX_IMAGE_BYTES) {
    throw new AnthropicInvalid(
      `${place}: image exceeds 5 MB maximum: ${bytes.length} bytes > ${MAX_IMAGE_BYTES} bytes`,
    );
  }
  const actual = sniffMediaType(bytes);
  const size = imageSize(bytes);
  if (!actual?.startsWith('image/') || !size) throw new AnthropicInvalid('Could not process image');
  if (actual !== source['media_type']) {
    throw new AnthropicInvalid(
      `${place}: The image was specified using the ${String(source['media_type'])} media type, but the image appears to be a ${actual} image`,
    );
  }
  if (Math.max(size.width, size.height) > MAX_IMAGE_PIXELS) {
    throw new AnthropicInvalid(
      `${place}.data: At least one of the image dimensions exceed max allowed size: ${MAX_IMAGE_PIXELS} pixels`,
    );
  }
  return { kind: 'image', tokens: imageTokens(size), digest: digestOf(bytes) };
}

/** The document of a block: a PDF or plain text. */
export function readAnthropicDocument(value: unknown, at: string): SimulatedMedia {
  const source = sourceOf(value, at, ['base64', 'text', 'content', 'url', 'file']);
  switch (source['type']) {
    case 'file':
      throw new AnthropicInvalid(`${at}: file not found`);
    case 'url':
      return { kind: 'document', tokens: PDF_PAGE_TOKENS, digest: digestOf(readUrl(source, at)) };
    case 'text': {
      const { data, media_type: type } = anthropicFields(source, `${at}.text`, [
        'type',
        'media_type',
        'data',
      ]);
      if (type !== 'text/plain') {
        throw new AnthropicInvalid(`${at}.text.media_type: Input should be 'text/plain'`);
      }
      const text = readAnthropicString(data, `${at}.text.data`);
      return { kind: 'document', tokens: countTextTokens(text), digest: digestOf(text) };
    }
    case 'content': {
      const text = JSON.stringify(source['content'] ?? '');
      return { kind: 'document', tokens: countTextTokens(text), digest: digestOf(text) };
    }
    default: {
      const bytes = readBytes(source, at, ['application/pdf']);
      const pages = countPdfPages(bytes);
      if (pages === null) throw new AnthropicInvalid(`${at}.base64: The PDF specified was not valid.`);
      if (pages > MAX_PDF_PAGES) {
        throw new AnthropicInvalid(`${at}.base64: A maximum of ${MAX_PDF_PAGES} PDF pages may be provided.`);
      }
      return { kind: 'document', tokens: pages * PDF_PAGE_TOKENS, digest: digestOf(bytes) };
    }
  }
}
