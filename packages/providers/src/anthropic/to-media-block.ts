import type { ContentBlockParam } from '@anthropic-ai/sdk/resources/messages';
import { mediaRules, parseDataUrl, sniffMediaType, SNIFFED_BYTES } from '@sluice/core';
import { UnsendableRequest } from '../errors/unsendable-request.ts';
import type { UserTurnPart } from '../request/build-conversation.ts';
import { cacheControl } from './cache-control.ts';

type MediaPart = Exclude<UserTurnPart, { type: 'text' | 'tool_result' }>;

/**
 * An image or PDF as a block: base64 for a data URL, `url` for an https URL, which Anthropic fetches itself.
 * Throws `UnsendableRequest` for what Anthropic does not take. Source: Anthropic's guides "Vision", "PDF support".
 */
export function toMediaBlock(part: MediaPart): ContentBlockParam {
  switch (part.type) {
    case 'image_url': {
      const source = sourceOf(part.image_url.url, 'image');
      return { type: 'image', source, ...cacheControl(part.cache_control) } as ContentBlockParam;
    }
    case 'file': {
      const { file_data: url, filename } = part.file;
      const title = filename === undefined ? {} : { title: filename };
      const source = sourceOf(url, 'document');
      return { type: 'document', source, ...title, ...cacheControl(part.cache_control) } as ContentBlockParam;
    }
    case 'input_audio':
      throw new UnsendableRequest('messages: Anthropic takes no sound.');
    case 'video_url':
      throw new UnsendableRequest('messages: Anthropic takes no video.');
    default:
      return part satisfies never;
  }
}

function sourceOf(url: string, kind: 'image' | 'document'): object {
  if (/^https:\/\//i.test(url)) return { type: 'url', url };
  const data = parseDataUrl(url);
  if (data.status === 'malformed') {
    throw new UnsendableRequest(`messages: a file can't be read: ${data.why}.`);
  }
  const head = Buffer.from(data.base64.slice(0, Math.ceil(SNIFFED_BYTES / 3) * 4), 'base64');
  // Anthropic compares the declared type with the bytes, and callers often declare another.
  const mediaType = sniffMediaType(head) ?? data.mediaType;
  const taken = mediaRules('anthropic').types[kind];
  if (!taken.includes(mediaType)) {
    throw new UnsendableRequest(
      `messages: Anthropic does not take ${mediaType}; it takes ${taken.join(', ')}.`,
    );
  }
  return { type: 'base64', media_type: mediaType, data: data.base64 };
}
