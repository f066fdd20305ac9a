import { contentText, type CacheControl, type ChatRequest } from '@sluice/contracts';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { UnsendableRequest } from '../errors/unsendable-request.ts';
import { toolCallIds, type ToolCallIds } from '../request/tool-call-ids.ts';
import { honestDataUrl } from './honest-data-url.ts';
import type { OpenAiProfile } from './openai-profile.ts';

type Message = ChatRequest['messages'][number];
type MessageOf<Role extends Message['role']> = Extract<Message, { role: Role }>;
type Content = Exclude<MessageOf<'user'>['content'], string>[number];

export interface MessageContext {
  profile: OpenAiProfile;
  /** Data URLs of files that had to be fetched, by their URL. */
  files: ReadonlyMap<string, string>;
}

/** The messages as the server takes them. Throws `UnsendableRequest` for content that it has no form for. */
export function toMessages({ messages }: ChatRequest, context: MessageContext): ChatCompletionMessageParam[] {
  const { pattern, length } = context.profile.toolCallId;
  const ids = toolCallIds({
    fits: (id) => pattern.test(id),
    make: (digest) => (length < 16 ? digest.slice(0, length) : `call_${digest.slice(0, 32)}`),
  });
  const loopStart = messages.findLastIndex(({ role }) => role === 'user');
  return messages.map((message, index) =>
    toMessage(message, { ...context, ids, isLoop: index > loopStart }),
  ) as unknown as ChatCompletionMessageParam[];
}

function toMessage(
  message: Message,
  context: MessageContext & { ids: ToolCallIds; isLoop: boolean },
): object {
  const { profile } = context;
  const isNamed = 'name' in message && message.name !== undefined;
  const name = isNamed ? { name: message.name } : {};
  switch (message.role) {
    case 'system':
      return { role: 'system', content: textContent(message.content, profile), ...name };
    case 'developer': {
      const role = profile.plainMessages ? 'system' : 'developer';
      return { role, content: textContent(message.content, profile), ...name };
    }
    case 'user':
      return { role: 'user', content: userContent(message, context), ...name };
    case 'tool':
      return {
        role: 'tool',
        tool_call_id: context.ids.ofResult(message.tool_call_id),
        content: textContent(message.content, profile),
      };
    case 'assistant':
      return { ...assistantMessage(message, context), ...name };
    default:
      return message satisfies never;
  }
}

function textContent(content: MessageOf<'system'>['content'], profile: OpenAiProfile): string | object[] {
  if (typeof content === 'string') return content;
  const isMarked = profile.cacheControl && content.some((part) => part.cache_control);
  if (profile.plainMessages && !isMarked) return contentText(content);
  return content.map(({ type, text, cache_control: control }) => ({
    type,
    text,
    ...cacheMark(control, profile),
  }));
}

function userContent({ content }: MessageOf<'user'>, context: MessageContext): string | object[] {
  if (typeof content === 'string') return content;
  const { profile } = context;
  const isText = content.every((part) => part.type === 'text');
  const isMarked = profile.cacheControl && content.some((part) => part.cache_control);
  if (profile.plainMessages && isText && !isMarked) return contentText(content);
  return content.map((part) => ({
    ...contentPart(part, context),
    ...cacheMark(part.cache_control, profile),
  }));
}

function cacheMark(control: Readonly<CacheControl> | undefined, { cacheControl }: OpenAiProfile): object {
  return control && cacheControl ? { cache_control: { ...control } } : {};
}

function contentPart(part: Content, { profile, files }: MessageContext): object {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text };
    case 'image_url':
      return { type: 'image_url', image_url: { ...part.image_url, url: honestDataUrl(part.image_url.url) } };
    case 'input_audio':
      return { type: 'input_audio', input_audio: { ...part.input_audio } };
    case 'file': {
      const { file_data: url, filename = 'file.pdf' } = part.file;
      return { type: 'file', file: { filename, file_data: files.get(url) ?? honestDataUrl(url) } };
    }
    case 'video_url':
      if (profile.kind === 'openai') throw new UnsendableRequest('messages: OpenAI takes no video.');
      return { type: 'video_url', video_url: { ...part.video_url } };
    default:
      return part satisfies never;
  }
}

function assistantMessage(
  message: MessageOf<'assistant'>,
  { profile, ids, isLoop }: MessageContext & { ids: ToolCallIds; isLoop: boolean },
): object {
  const { tool_calls: calls, refusal } = message;
  return {
    role: 'assistant',
    ...assistantContent(message, profile),
    ...(refusal && !profile.plainMessages ? { refusal } : {}),
    ...(calls
      ? {
          tool_calls: calls.map(({ id, function: { name, arguments: text } }) => ({
            id: ids.ofCall(id),
            type: 'function',
            function: { name, arguments: text || '{}' },
          })),
        }
      : {}),
    ...thoughts(message, { profile, isLoop }),
  };
}

/** A refusal is a field or part of OpenAI's own; elsewhere it is what the assistant said. */
function assistantContent(message: MessageOf<'assistant'>, { plainMessages }: OpenAiProfile): object {
  const { content, refusal, tool_calls: calls } = message;
  if (plainMessages) {
    const said = Array.isArray(content)
      ? content.map((part) => (part.type === 'text' ? part.text : part.refusal)).join('')
      : contentText(content);
    const text = said + (refusal ?? '');
    return { content: text === '' && calls ? null : text };
  }
  if (typeof content === 'string') return { content };
  if (!content || content.length === 0) return { content: refusal || calls ? null : '' };
  return {
    content: content.map((part) =>
      part.type === 'text' ? { type: 'text', text: part.text } : { type: 'refusal', refusal: part.refusal },
    ),
  };
}

/** Thoughts go back only where the server wants them, and never those that another vendor made. */
function thoughts(
  { reasoning, reasoning_details: details = [], tool_calls: calls }: MessageOf<'assistant'>,
  { profile, isLoop }: { profile: OpenAiProfile; isLoop: boolean },
): object {
  if (profile.thoughts === 'reasoning_details' && details.length > 0) {
    return { reasoning_details: details.map((detail) => ({ ...detail })) };
  }
  const isOwn = profile.thoughts === 'reasoning_content' && details.length === 0;
  return isOwn && isLoop && calls && reasoning ? { reasoning_content: reasoning } : {};
}
