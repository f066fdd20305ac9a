import { randomText } from '../random-text.ts';
import type { SimulatedChoice, SimulatedCompletion } from '../simulated-completion.ts';
import { googleCandidate } from './google-candidate.ts';
import { googleParts, joinGoogleParts, type GooglePart } from './google-parts.ts';
import { googleUsage } from './google-usage.ts';

/** The parts of a choice; none for one that Google does not show. */
export function shownParts(choice: SimulatedChoice, completion: SimulatedCompletion): GooglePart[] {
  const hides = choice.finish === 'refusal' || choice.finish === 'malformed_function_call';
  return hides ? [] : googleParts(choice, completion.chat);
}

/** A blocked prompt has no candidates and is still a 200. */
export function googleBlocked(completion: SimulatedCompletion): object {
  return {
    promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
    usageMetadata: googleUsage(completion, null),
    modelVersion: completion.chat.model,
    responseId: randomText(22),
  };
}

/** The body of a generateContent answer. */
export function googleContent(completion: SimulatedCompletion): string {
  const { chat, choices, completionTokens, reasoningTokens } = completion;
  const body =
    choices[0]!.finish === 'prompt_blocked'
      ? googleBlocked(completion)
      : {
          candidates: choices.map((choice, index) =>
            googleCandidate(joinGoogleParts(shownParts(choice, completion)), {
              choice,
              chat,
              index,
              ended: true,
            }),
          ),
          usageMetadata: googleUsage(completion, completionTokens - reasoningTokens),
          modelVersion: chat.model,
          responseId: randomText(22),
        };
  return `${JSON.stringify(body, null, 2)}\n`;
}
