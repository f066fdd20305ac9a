import type { SimulatedChat } from '../simulated-chat.ts';
import type { SimulatedChoice, SimulatedCompletion } from '../simulated-completion.ts';
import { splitPieces } from '../split-pieces.ts';
import type { WireFrames, WirePiece } from '../vendor-wire.ts';
import { openaiEnvelope } from './openai-completion.ts';
import { openaiFinishReason } from './openai-finish-reason.ts';
import { openaiLogprobs } from './openai-logprobs.ts';
import { openaiUsage } from './openai-usage.ts';

interface Delta {
  delta: object;
  /** What the model produced for it. */
  text: string;
  logprobs?: object;
}

/** Each call opens with its id and name and empty arguments; the arguments follow under its index. */
function callDeltas({ toolCalls }: SimulatedChoice): Delta[] {
  return toolCalls.flatMap((call, index) => [
    {
      text: call.name,
      delta: {
        tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }],
      },
    },
    ...(call.arguments.match(/[\s\S]{1,12}/g) ?? []).map((text) => ({
      text,
      delta: { tool_calls: [{ index, function: { arguments: text } }] },
    })),
  ]);
}

function deltasOf(choice: SimulatedChoice, chat: SimulatedChat): Delta[] {
  if (choice.finish === 'refusal') return [{ text: choice.text, delta: { refusal: choice.text } }];
  if (choice.toolCalls.length > 0) return callDeltas(choice);
  return splitPieces(choice.text).map((text) => ({
    text,
    delta: { content: text },
    ...(chat.topLogprobs === undefined ? {} : { logprobs: openaiLogprobs(text, chat.topLogprobs) }),
  }));
}

/** The chunks of a streamed completion; `usage` is null in all but the last when usage was asked for. */
export function openaiFrames(completion: SimulatedCompletion): WireFrames {
  const { chat, choices } = completion;
  const shared = openaiEnvelope(completion, 'chat.completion.chunk');
  const usage = chat.includeUsage ? { usage: null } : {};
  const chunk = (
    index: number,
    delta: object,
    { reason = null, logprobs = null }: { reason?: string | null; logprobs?: object | null } = {},
  ): string =>
    `data: ${JSON.stringify({
      ...shared,
      choices: [{ index, delta, logprobs, finish_reason: reason }],
      ...usage,
    })}\n\n`;
  const opening = (choice: SimulatedChoice): object => ({
    role: 'assistant',
    content: choice.toolCalls.length > 0 ? null : '',
    refusal: null,
  });
  const deltas = choices.map((choice) => deltasOf(choice, chat));
  const pieces: WirePiece[] = [];
  // Several answers come interleaved.
  for (let turn = 0; turn < Math.max(...deltas.map(({ length }) => length)); turn += 1) {
    deltas.forEach((list, index) => {
      const next = list[turn];
      if (!next) return;
      const { delta, text, logprobs = null } = next;
      pieces.push({ frame: chunk(index, delta, { logprobs }), text });
    });
  }
  const tail = choices.map((choice, index) =>
    chunk(index, {}, { reason: openaiFinishReason(choice.finish, chat) }),
  );
  if (chat.includeUsage) {
    tail.push(`data: ${JSON.stringify({ ...shared, choices: [], usage: openaiUsage(completion) })}\n\n`);
  }
  tail.push('data: [DONE]\n\n');
  return {
    head: choices.map((choice, index) => chunk(index, opening(choice))),
    pieces,
    tail,
    hiddenTokens: completion.reasoningTokens,
  };
}
