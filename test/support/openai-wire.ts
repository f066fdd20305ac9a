import type { AnswerScript, ScriptedToolCall, VendorWire } from './vendor-wire.ts';

const usage = {
  prompt_tokens: 12,
  completion_tokens: 5,
  total_tokens: 17,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 0 },
};
const base = { id: 'chatcmpl-1', created: 1_790_000_000, model: 'model-of-vendor' };
const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`;
const chunk = (delta: object, finish_reason: string | null = null) =>
  event({
    ...base,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason }],
    usage: null,
  });
const begin = (pieces: readonly string[]) => [
  chunk({ role: 'assistant', content: '' }),
  ...pieces.map((content) => chunk({ content })),
];
const end = (finish: string) => [
  chunk({}, finish),
  event({ ...base, object: 'chat.completion.chunk', choices: [], usage }),
  'data: [DONE]\n\n',
];
const completion = (message: object, finish_reason: string) =>
  JSON.stringify({
    ...base,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', refusal: null, ...message }, finish_reason }],
    usage,
    unknown_field: { is: 'ignored' },
  });

const functionOf = ({ name, arguments: pieces }: ScriptedToolCall) => ({ name, arguments: pieces.join('') });
const messageOf = ({ thoughts, texts, toolCalls }: AnswerScript) => ({
  content: texts?.join('') ?? null,
  ...(thoughts && { reasoning_content: thoughts.join('') }),
  ...(toolCalls && {
    tool_calls: toolCalls.map((call) => ({ id: call.id, type: 'function', function: functionOf(call) })),
  }),
});
const toolCallChunks = ({ id, name, arguments: pieces }: ScriptedToolCall, index: number) => [
  chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
  ...pieces.map((text) => chunk({ tool_calls: [{ index, function: { arguments: text } }] })),
];

export const openAiWire: VendorWire = {
  baseUrl: (origin) => `${origin}/v1`,
  path: () => '/v1/chat/completions',
  plain: (content, { finish = 'stop' } = {}) => completion({ content }, finish),
  answer: (script) => completion(messageOf(script), script.finish),
  answerStream: ({ thoughts = [], texts = [], toolCalls = [], finish }) => [
    chunk({ role: 'assistant', content: '' }),
    ...thoughts.map((reasoning_content) => chunk({ reasoning_content })),
    ...texts.map((content) => chunk({ content })),
    ...toolCalls.flatMap(toolCallChunks),
    ...end(finish),
  ],
  blocked: () => completion({ content: null, refusal: 'I can not help.' }, 'stop'),
  stream: (pieces) => [...begin(pieces), ...end('stop')],
  streamWithoutEnd: begin,
  streamError: () => event({ error: { message: 'try later', type: 'overloaded_error', code: 'slow_down' } }),
  streamBlocked: () => [...begin(['The']), ...end('content_filter')],
  malformedEvent: () => 'data: {"id": "chat\n\n',
  errorBody: (message) => JSON.stringify({ error: { message, type: 'some_error', param: null, code: null } }),
  contextOverflow: () => ({
    status: 400,
    body: JSON.stringify({
      error: {
        message: "This model's maximum context length is 128000 tokens.",
        type: 'invalid_request_error',
        param: 'messages',
        code: 'context_length_exceeded',
      },
    }),
  }),
};
