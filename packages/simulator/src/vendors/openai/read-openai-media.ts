import { audioSeconds } from '../../media/audio-seconds.ts';
import { countPdfPages } from '../../media/count-pdf-pages.ts';
import { decodeBase64 } from '../../media/decode-base64.ts';
import { digestOf } from '../../media/digest-of.ts';
import { imageSize } from '../../media/image-size.ts';
import { parseDataUrl } from '../../media/parse-data-url.ts';
import type { SimulatedMedia } from '../simulated-chat.ts';
import { openaiFields } from './openai-fields.ts';
import { openaiImageTokens } from './openai-image-tokens.ts';
import { openaiRefuse } from './openai-refuse.ts';
import { readOpenaiString } from './read-openai-string.ts';

export interface PartContext {
  at: string;
  model: string;
  lenient: boolean;
}

const PDF_PAGE_TOKENS = 1_000;
const AUDIO_TOKENS_PER_SECOND = 10;
const AUDIO_MODELS = /audio/;
const UNSUPPORTED_IMAGE =
  "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].";

function readImage(part: Record<string, unknown>, { at, model, lenient }: PartContext): SimulatedMedia {
  const image = openaiFields(part['image_url'], {
    at: `${at}.image_url`,
    fields: ['url', 'detail'],
    lenient,
  });
  const param = `${at}.image_url.url`;
  const url = readOpenaiString(image['url'], param);
  const data = parseDataUrl(url);
  if (!data) {
    if (!/^https?:\/\/[^\s/]+/i.test(url)) {
      openaiRefuse(
        `Invalid '${param}'. Expected a valid URL, but got a value with an invalid format.`,
        param,
        'invalid_value',
      );
    }
    return { kind: 'image', tokens: openaiImageTokens(model, null, image['detail']), digest: digestOf(url) };
  }
  if (!data.mediaType.startsWith('image/')) {
    openaiRefuse('Invalid MIME type. Only image types are supported.', null, 'invalid_image_format');
  }
  const bytes = decodeBase64(data.data);
  if (!bytes) {
    return openaiRefuse(
      `Invalid '${param}'. Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got an invalid base64-encoded value.`,
      param,
      'invalid_base64',
    );
  }
  // The declared type is not compared with the bytes; only what they are counts.
  const size = imageSize(bytes);
  if (!size) openaiRefuse(UNSUPPORTED_IMAGE, null, 'invalid_image_format');
  return { kind: 'image', tokens: openaiImageTokens(model, size, image['detail']), digest: digestOf(bytes) };
}

function readAudio(part: Record<string, unknown>, { at, model, lenient }: PartContext): SimulatedMedia {
  const audio = openaiFields(part['input_audio'], {
    at: `${at}.input_audio`,
    fields: ['data', 'format'],
    lenient,
  });
  if (!lenient && !AUDIO_MODELS.test(model)) {
    openaiRefuse('Invalid content type. input_audio is only supported by certain models.', 'messages');
  }
  const { format } = audio;
  if (format !== 'wav' && format !== 'mp3') {
    openaiRefuse(
      `Invalid value: '${String(format)}'. Supported values are: 'wav' and 'mp3'.`,
      `${at}.input_audio.format`,
      'invalid_value',
    );
  }
  const bytes = decodeBase64(readOpenaiString(audio['data'], `${at}.input_audio.data`));
  if (!bytes) {
    return openaiRefuse(
      "The data provided for 'input_audio' is not of valid base64 encoding.",
      `${at}.input_audio.data`,
      'invalid_value',
    );
  }
  const tokens = Math.ceil(audioSeconds(bytes) * AUDIO_TOKENS_PER_SECOND);
  return { kind: 'audio', tokens, digest: digestOf(bytes) };
}

function readFile(part: Record<string, unknown>, { at, lenient }: PartContext): SimulatedMedia {
  const file = openaiFields(part['file'], {
    at: `${at}.file`,
    fields: ['file_data', 'filename', 'file_id'],
    lenient,
  });
  if (typeof file['file_id'] === 'string') {
    openaiRefuse(`The file '${file['file_id']}' was not found.`, `${at}.file.file_id`);
  }
  // A file without a name is taken for one that was meant to be uploaded.
  if (typeof file['file_data'] !== 'string' || typeof file['filename'] !== 'string') {
    openaiRefuse(
      `Missing required parameter: '${at}.file.file_id'.`,
      `${at}.file.file_id`,
      'missing_required_parameter',
    );
  }
  const param = `${at}.file.file_data`;
  const data = parseDataUrl(readOpenaiString(file['file_data'], param));
  if (!data) {
    return openaiRefuse(
      `Invalid '${param}'. Expected a base64-encoded data URL with an application/pdf MIME type (e.g. 'data:application/pdf;base64,aW1nIGJ5dGVzIGhlcmU='), but got a value without the 'data:' prefix.`,
      param,
      'invalid_value',
    );
  }
  if (data.mediaType !== 'application/pdf') {
    openaiRefuse(
      `Invalid '${param}'. Expected a base64-encoded data URL with an application/pdf MIME type, but got unsupported MIME type '${data.mediaType}'.`,
      param,
      'invalid_value',
    );
  }
  const bytes = decodeBase64(data.data);
  const pages = bytes && countPdfPages(bytes);
  if (!bytes || pages === null) {
    return openaiRefuse('The file you uploaded is not a valid PDF.', param, 'invalid_value');
  }
  return { kind: 'document', tokens: pages * PDF_PAGE_TOKENS, digest: digestOf(bytes) };
}

/** Kinds of content parts that are not text, with their readers. */
export const OPENAI_MEDIA_READERS: Readonly<
  Record<string, (part: Record<string, unknown>, context: PartContext) => SimulatedMedia>
> = { image_url: readImage, input_audio: readAudio, file: readFile };
