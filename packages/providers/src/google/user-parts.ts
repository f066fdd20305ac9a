import type { MediaKind } from '@sluice/core';
import { UnsendableRequest } from '../errors/unsendable-request.ts';
import type { MediaReader } from '../media/media-source.ts';
import type { ToolResultPart, UserTurnPart } from '../request/build-conversation.ts';
import { isJsonObject } from '../request/json-object.ts';
import type { GooglePart } from './google-body.ts';

/** URLs that Gemini reads by itself. Source: Gemini API, "Files API" and "Video understanding". */
const OWN_FILE = /^https:\/\/generativelanguage\.googleapis\.com\/[\w./-]*files\//;
const YOUTUBE = /^https:\/\/(www\.)?(youtube\.com\/(watch\?|shorts\/)|youtu\.be\/)/;
/** A double holds 15 digits of any number; more would come back changed. */
const LONG_NUMBER = /\d{16}/;

/** A part of a user turn; files are put into the request, unless Gemini reads them by itself. */
export async function userPart(
  part: UserTurnPart,
  { media, withIds }: { media: MediaReader; withIds: boolean },
): Promise<GooglePart> {
  switch (part.type) {
    case 'text':
      return { text: part.text };
    case 'tool_result':
      return functionResponse(part, withIds);
    case 'image_url':
      return file(part.image_url.url, 'image', media);
    case 'file':
      return file(part.file.file_data, 'document', media);
    case 'video_url':
      return file(part.video_url.url, 'video', media);
    case 'input_audio': {
      const { data, format } = part.input_audio;
      return file(`data:audio/${format};base64,${data}`, 'audio', media);
    }
    default:
      return part satisfies never;
  }
}

async function file(url: string, kind: MediaKind, media: MediaReader): Promise<GooglePart> {
  if (OWN_FILE.test(url) || (kind === 'video' && YOUTUBE.test(url))) return { fileData: { fileUri: url } };
  const { mediaType, base64 } = await media.read({ kind, url });
  return { inlineData: { mimeType: mediaType, data: base64 } };
}

function functionResponse({ toolCallId, toolName, content }: ToolResultPart, withIds: boolean): GooglePart {
  if (toolName === null)
    throw new UnsendableRequest(`messages: no tool call before it has the id "${toolCallId}".`);
  const text = content.map((block) => block.text).join('');
  return {
    functionResponse: { ...(withIds ? { id: toolCallId } : {}), name: toolName, response: responseOf(text) },
  };
}

/** `response` is an object; a result that is none goes into `output`, as the API advises. */
function responseOf(text: string): Record<string, unknown> {
  if (!LONG_NUMBER.test(text)) {
    try {
      const value: unknown = JSON.parse(text);
      if (isJsonObject(value)) return value;
    } catch {
      // Text like any other.
    }
  }
  return { output: text };
}
