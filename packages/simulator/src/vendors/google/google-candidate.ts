import { splitPieces } from '../split-pieces.ts';
import type { SimulatedChat } from '../simulated-chat.ts';
import type { SimulatedChoice, SimulatedFinish } from '../simulated-completion.ts';

const REASONS: Readonly<Record<SimulatedFinish, string>> = {
  stop: 'STOP',
  stop_sequence: 'STOP',
  length: 'MAX_TOKENS',
  context_window: 'MAX_TOKENS',
  tool_calls: 'STOP',
  malformed_function_call: 'MALFORMED_FUNCTION_CALL',
  refusal: 'SAFETY',
  prompt_blocked: 'STOP',
};

const SAFETY_RATINGS = [
  { category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH', blocked: true },
  { category: 'HARM_CATEGORY_HARASSMENT', probability: 'NEGLIGIBLE' },
];

function logprobsResult(text: string, top: number): object {
  const pieces = splitPieces(text);
  const at = (token: string, index: number): object => ({
    token,
    tokenId: index + 1,
    logProbability: -((index % 7) + 1) / 100,
  });
  return {
    avgLogprobs: -0.04,
    logprobsResult: {
      chosenCandidates: pieces.map(at),
      topCandidates: pieces.map((token, index) => ({
        candidates: Array.from({ length: top }, (_, rank) =>
          rank === 0 ? at(token, index) : { token: ' the', tokenId: 1_000 + rank, logProbability: -1 - rank },
        ),
      })),
    },
  };
}

function malformedMessage({ toolCalls: [call] }: SimulatedChoice): string {
  return `Malformed function call: print(default_api.${call?.name ?? 'run'}(${call?.arguments ?? ''}`;
}

/** One candidate. `ended` is false for the pieces of a stream before the last. */
export function googleCandidate(
  parts: readonly object[],
  {
    choice,
    chat,
    index,
    ended,
  }: { choice: SimulatedChoice; chat: SimulatedChat; index: number; ended: boolean },
): object {
  const { finish } = choice;
  const isSilent = finish === 'refusal';
  const content = parts.length > 0 ? { parts, role: 'model' } : { role: 'model' };
  return {
    ...(isSilent ? {} : { content }),
    ...(ended ? { finishReason: REASONS[finish] } : {}),
    index,
    ...(isSilent ? { safetyRatings: SAFETY_RATINGS } : {}),
    ...(ended && finish === 'malformed_function_call' ? { finishMessage: malformedMessage(choice) } : {}),
    ...(ended && chat.topLogprobs !== undefined ? logprobsResult(choice.text, chat.topLogprobs) : {}),
  };
}
