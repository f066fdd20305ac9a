import type { AnswerScript, VendorWire } from './vendor-wire.ts';

const usageMetadata = {
  promptTokenCount: 12,
  candidatesTokenCount: 3,
  thoughtsTokenCount: 2,
  cachedContentTokenCount: 4,
  totalTokenCount: 17,
};
const base = { modelVersion: 'model-of-vendor', responseId: 'response-1' };
const event = (data: object) => `data: ${JSON.stringify(data)}\r\n\r\n`;
const candidate = (text: string, finishReason?: string) => ({
  candidates: [
    { content: { role: 'model', parts: [{ text }] }, index: 0, ...(finishReason && { finishReason }) },
  ],
});
const begin = (pieces: readonly string[]) =>
  pieces.map((text) => event({ ...candidate(text), usageMetadata: { promptTokenCount: 12 }, ...base }));
const end = (finishReason: string) => [event({ ...candidate('', finishReason), usageMetadata, ...base })];
const errorBody = (code: number, message: string, status: string) =>
  JSON.stringify({ error: { code, message, status } });

/** The parts of an answer; calls come whole and without ids, the first with a thought signature. */
const partsOf = ({ thoughts = [], texts = [], toolCalls = [] }: AnswerScript): object[] => [
  ...thoughts.map((text) => ({ text, thought: true })),
  ...texts.map((text) => ({ text })),
  ...toolCalls.map(({ name, arguments: pieces }, index) => ({
    functionCall: { name, args: JSON.parse(pieces.join('')) as object },
    ...(index === 0 && { thoughtSignature: 'signed' }),
  })),
];
const content = (parts: object[]) => ({ role: 'model', parts });

export const googleWire: VendorWire = {
  baseUrl: (origin) => origin,
  path: (model, { streaming }) =>
    `/v1beta/models/${model}:${streaming ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  plain: (text, { finish = 'stop' } = {}) =>
    JSON.stringify({
      candidates: [
        {
          content: { role: 'model', parts: [{ text }] },
          finishReason: finish === 'stop' ? 'STOP' : 'MAX_TOKENS',
          index: 0,
        },
      ],
      usageMetadata,
      ...base,
    }),
  answer: (script) =>
    JSON.stringify({
      candidates: [
        {
          content: content(partsOf(script)),
          finishReason: script.finish === 'length' ? 'MAX_TOKENS' : 'STOP',
          index: 0,
        },
      ],
      usageMetadata,
      ...base,
    }),
  answerStream: (script) => [
    ...partsOf(script).map((part) =>
      event({ candidates: [{ content: content([part]), index: 0 }], ...base }),
    ),
    ...end(script.finish === 'length' ? 'MAX_TOKENS' : 'STOP'),
  ],
  blocked: () =>
    JSON.stringify({ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata, ...base }),
  stream: (pieces) => [...begin(pieces), ...end('STOP')],
  streamWithoutEnd: begin,
  streamError: () =>
    event({ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }),
  streamBlocked: () => [...begin(['The']), ...end('SAFETY')],
  malformedEvent: () => 'data: {"candidates": [\r\n\r\n',
  errorBody: (message) => errorBody(0, message, 'SOME_STATUS'),
  contextOverflow: () => ({
    status: 400,
    body: errorBody(
      400,
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      'INVALID_ARGUMENT',
    ),
  }),
};
