import { randomText } from '../random-text.ts';
import type { SimulatedChoice, SimulatedCompletion } from '../simulated-completion.ts';
import type { WireFrames, WirePiece } from '../vendor-wire.ts';
import { googleCandidate } from './google-candidate.ts';
import { googleBlocked, shownParts } from './google-content.ts';
import { googleUsage } from './google-usage.ts';

/** The frames of a streamed answer (`alt=sse`): each is a whole answer, usage grows, the last one has the reason. */
export function googleFrames(completion: SimulatedCompletion): WireFrames {
  const { chat, choices, completionTokens, reasoningTokens } = completion;
  const frame = (body: object): string => `data: ${JSON.stringify(body)}\r\n\r\n`;
  if (choices[0]!.finish === 'prompt_blocked') {
    return { head: [], pieces: [], tail: [frame(googleBlocked(completion))], hiddenTokens: 0 };
  }
  const responseId = randomText(22);
  const answer = (
    parts: readonly object[],
    {
      choice,
      index,
      tokens,
      ended,
    }: { choice: SimulatedChoice; index: number; tokens: number; ended: boolean },
  ): string =>
    frame({
      candidates: [googleCandidate(parts, { choice, chat, index, ended })],
      usageMetadata: googleUsage(completion, tokens),
      modelVersion: chat.model,
      responseId,
    });
  const visibleTokens = completionTokens - reasoningTokens;
  const pieces: WirePiece[] = [];
  let sent = 0;
  choices.forEach((choice, index) => {
    for (const { part, text } of shownParts(choice, completion)) {
      if (!('thought' in part)) sent += text.length;
      const tokens = Math.min(visibleTokens, Math.ceil(sent / 4));
      pieces.push({ frame: answer([part], { choice, index, tokens, ended: false }), text });
    }
  });
  const tail = choices.map((choice, index) =>
    answer([], { choice, index, tokens: visibleTokens, ended: true }),
  );
  return {
    head: [],
    pieces,
    tail,
    hiddenTokens: chat.thinking?.display === 'hidden' ? reasoningTokens : 0,
  };
}
