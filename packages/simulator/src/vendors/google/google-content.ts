import { randomText } from '../random-text.ts';
import type { SimulatedCompletion, WireFrames } from '../vendor-wire.ts';

function usageOf(promptTokens: number, candidatesTokens: number | null): object {
  return {
    promptTokenCount: promptTokens,
    ...(candidatesTokens === null ? {} : { candidatesTokenCount: candidatesTokens }),
    totalTokenCount: promptTokens + (candidatesTokens ?? 0),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: promptTokens }],
  };
}

function finishReason(finish: SimulatedCompletion['finish']): string {
  if (finish === 'length') return 'MAX_TOKENS';
  return finish === 'refusal' ? 'SAFETY' : 'STOP';
}

const SAFETY_RATINGS = [
  { category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH', blocked: true },
  { category: 'HARM_CATEGORY_HARASSMENT', probability: 'NEGLIGIBLE' },
];

/** A blocked prompt has no candidates and is still a 200. */
function blocked(completion: SimulatedCompletion): object {
  return {
    promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
    usageMetadata: usageOf(completion.promptTokens, null),
    modelVersion: completion.chat.model,
    responseId: randomText(22),
  };
}

function candidate(text: string | null, finish: SimulatedCompletion['finish'] | null): object {
  return {
    ...(finish === 'refusal'
      ? {}
      : { content: text === null || text === '' ? { role: 'model' } : { parts: [{ text }], role: 'model' } }),
    ...(finish === null ? {} : { finishReason: finishReason(finish) }),
    index: 0,
    ...(finish === 'refusal' ? { safetyRatings: SAFETY_RATINGS } : {}),
  };
}

/** The body of a generateContent answer. */
export function googleContent(completion: SimulatedCompletion): string {
  const { chat, text, finish, promptTokens, completionTokens } = completion;
  const body =
    finish === 'prompt_blocked'
      ? blocked(completion)
      : {
          candidates: [candidate(text, finish)],
          usageMetadata: usageOf(promptTokens, completionTokens),
          modelVersion: chat.model,
          responseId: randomText(22),
        };
  return `${JSON.stringify(body, null, 2)}\n`;
}

/** The frames of a streamed answer (`alt=sse`): each is a whole answer, usage grows, the last one has the reason. */
export function googleFrames(completion: SimulatedCompletion): WireFrames {
  const { chat, finish, promptTokens, completionTokens } = completion;
  const frame = (body: object): string => `data: ${JSON.stringify(body)}\r\n\r\n`;
  if (finish === 'prompt_blocked') return { head: [], pieces: [], tail: [frame(blocked(completion))] };
  const responseId = randomText(22);
  const answer = (
    text: string | null,
    tokens: number,
    reason: SimulatedCompletion['finish'] | null,
  ): string =>
    frame({
      candidates: [candidate(text, reason)],
      usageMetadata: usageOf(promptTokens, tokens),
      modelVersion: chat.model,
      responseId,
    });
  if (finish === 'refusal') return { head: [], pieces: [], tail: [answer(null, 0, finish)] };
  let sent = 0;
  const pieces = completion.pieces.map((text) => {
    sent += text.length;
    return answer(text, Math.ceil(sent / 4), null);
  });
  return { head: [], pieces, tail: [answer(null, completionTokens, finish)] };
}
