import type { AnswerScript, VendorWire } from './vendor-wire.ts';

const usage = { input_tokens: 8, cache_creation_input_tokens: 0, cache_read_input_tokens: 4 };
const event = (data: { type: string } & Record<string, unknown>) =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'model-of-vendor' };
const begin = (pieces: readonly string[]) => [
  event({
    type: 'message_start',
    message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
  }),
  event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  event({ type: 'ping' }),
  ...pieces.map((text) =>
    event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  ),
];
const end = (stop_reason: string) => [
  event({ type: 'content_block_stop', index: 0 }),
  event({ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 5 } }),
  event({ type: 'message_stop' }),
];
const answer = (content: object[], stop_reason: string) =>
  JSON.stringify({
    ...message,
    content,
    stop_reason,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 5 },
  });
const errorBody = (type: string, text: string) =>
  JSON.stringify({ type: 'error', error: { type, message: text }, request_id: 'req_1' });

const STOP_REASONS = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use' } as const;

/** The blocks of an answer, each with the deltas that build it in a stream. */
const blocksOf = ({ thoughts, texts, toolCalls = [] }: AnswerScript) => [
  ...(thoughts
    ? [
        {
          block: { type: 'thinking', thinking: thoughts.join(''), signature: 'signed' },
          empty: { type: 'thinking', thinking: '', signature: '' },
          deltas: [
            ...thoughts.map((thinking) => ({ type: 'thinking_delta', thinking })),
            { type: 'signature_delta', signature: 'signed' },
          ],
        },
      ]
    : []),
  ...(texts
    ? [
        {
          block: { type: 'text', text: texts.join('') },
          empty: { type: 'text', text: '' },
          deltas: texts.map((text) => ({ type: 'text_delta', text })),
        },
      ]
    : []),
  ...toolCalls.map(({ id, name, arguments: pieces }) => ({
    block: { type: 'tool_use', id, name, input: JSON.parse(pieces.join('')) as object },
    empty: { type: 'tool_use', id, name, input: {} },
    deltas: pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
  })),
];
const blockEvents = ({ empty, deltas }: ReturnType<typeof blocksOf>[number], index: number) => [
  event({ type: 'content_block_start', index, content_block: empty }),
  ...deltas.map((delta) => event({ type: 'content_block_delta', index, delta })),
  event({ type: 'content_block_stop', index }),
];

export const anthropicWire: VendorWire = {
  baseUrl: (origin) => origin,
  path: () => '/v1/messages',
  plain: (text, { finish = 'stop' } = {}) =>
    answer([{ type: 'text', text }], finish === 'stop' ? 'end_turn' : 'max_tokens'),
  answer: (script) =>
    answer(
      blocksOf(script).map(({ block }) => block),
      STOP_REASONS[script.finish],
    ),
  answerStream: (script) => [
    ...begin([]).slice(0, 1),
    ...blocksOf(script).flatMap(blockEvents),
    ...end(STOP_REASONS[script.finish]).slice(1),
  ],
  blocked: () => answer([], 'refusal'),
  stream: (pieces) => [...begin(pieces), ...end('end_turn')],
  streamWithoutEnd: begin,
  streamError: () => event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
  streamBlocked: () => [...begin(['The']), ...end('refusal')],
  malformedEvent: () => 'event: content_block_delta\ndata: {"type": "content\n\n',
  errorBody: (text) => errorBody('some_error', text),
  contextOverflow: () => ({
    status: 400,
    body: errorBody('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
  }),
};
