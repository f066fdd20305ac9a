import type { ChatRequest } from '@sluice/contracts';
import { imageSize } from './image-size.ts';
import { imageTokens } from './image-tokens.ts';

type Message = ChatRequest['messages'][number];
type UserPart = Exclude<Extract<Message, { role: 'user' }>['content'], string>[number];

/** What a page of a PDF takes: its text, and its picture where the vendor looks at it. */
const TOKENS_PER_PDF_PAGE = { openai: 1_500, anthropic: 3_000, google: 560 } as const;
const DEAREST_PDF_PAGE = 3_000;
const USUAL_PDF_PAGES = 10;
const BYTES_PER_PDF_PAGE = 50_000;
/** Of a PDF, this much is searched for pages; the rest is counted by size. */
const SEARCHED_PDF_BYTES = 1_024 * 1_024;

/** OpenAI counts 10 tokens a second, Gemini 32; 16 KB a second is MP3 at 128 kbit/s and WAV at 8 kHz. */
const AUDIO_TOKENS_PER_SECOND = 32;
const AUDIO_BYTES_PER_SECOND = 16_000;
/** Gemini: a frame and its sound each second; 250 KB a second is video of 2 Mbit/s. */
const VIDEO_TOKENS_PER_SECOND = 300;
const VIDEO_BYTES_PER_SECOND = 250_000;
const USUAL_VIDEO_SECONDS = 60;

/**
 * Estimated input tokens of a request's images, PDFs, sound and video; 0 for text alone. Reads only the first bytes
 * of each file, and what is behind a URL counts as usual. Without a vendor, the dearest counts.
 */
export function mediaTokens({ messages }: ChatRequest, vendor?: string): number {
  let sum = 0;
  for (const { role, content } of messages) {
    if (role !== 'user' || typeof content === 'string') continue;
    for (const part of content) sum += partTokens(part, vendor);
  }
  return sum;
}

function partTokens(part: UserPart, vendor: string | undefined): number {
  switch (part.type) {
    case 'text':
      return 0;
    case 'image_url': {
      const { url, detail = 'auto' } = part.image_url;
      const data = inlineData(url);
      return imageTokens({ size: data === null ? null : imageSize(data), detail }, vendor);
    }
    case 'file':
      return pdfPages(inlineData(part.file.file_data)) * pdfPageTokens(vendor);
    case 'input_audio': {
      const seconds = decodedBytes(part.input_audio.data) / AUDIO_BYTES_PER_SECOND;
      return Math.ceil(seconds * AUDIO_TOKENS_PER_SECOND);
    }
    case 'video_url': {
      const data = inlineData(part.video_url.url);
      const seconds = data === null ? USUAL_VIDEO_SECONDS : decodedBytes(data) / VIDEO_BYTES_PER_SECOND;
      return Math.ceil(seconds * VIDEO_TOKENS_PER_SECOND);
    }
    default:
      return part satisfies never;
  }
}

/** The base64 of a data URL; null for another URL. */
function inlineData(url: string): string | null {
  return /^data:/i.test(url) ? url.slice(url.indexOf(',') + 1) : null;
}

function decodedBytes(base64: string): number {
  return Math.floor((base64.length * 3) / 4);
}

function pdfPageTokens(vendor: string | undefined): number {
  return vendor && Object.hasOwn(TOKENS_PER_PDF_PAGE, vendor)
    ? TOKENS_PER_PDF_PAGE[vendor as keyof typeof TOKENS_PER_PDF_PAGE]
    : DEAREST_PDF_PAGE;
}

/** Page objects that stand in the open; PDFs that compress theirs are counted by size. */
function pdfPages(base64: string | null): number {
  if (base64 === null) return USUAL_PDF_PAGES;
  const bytes = decodedBytes(base64);
  const start = Buffer.from(base64.slice(0, Math.ceil(SEARCHED_PDF_BYTES / 3) * 4), 'base64').toString(
    'latin1',
  );
  const seen = start.match(/\/Type\s*\/Page(?!s)/g)?.length ?? 0;
  if (seen > 0 && bytes <= SEARCHED_PDF_BYTES) return seen;
  return Math.max(1, seen, Math.ceil(bytes / BYTES_PER_PDF_PAGE));
}
