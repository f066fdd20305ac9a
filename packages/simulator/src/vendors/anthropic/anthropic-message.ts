import { randomText } from '../random-text.ts';
import type { SimulatedCompletion } from '../simulated-completion.ts';
import { anthropicBlocks } from './anthropic-blocks.ts';
import { anthropicStop } from './anthropic-stop.ts';
import { anthropicUsage } from './anthropic-usage.ts';

/** What a message and the start of a stream share. */
export function anthropicEnvelope({ chat }: SimulatedCompletion): object {
  return { model: chat.model, id: `msg_01${randomText(22)}`, type: 'message', role: 'assistant' };
}

/** The body of a plain message. */
export function anthropicMessage(completion: SimulatedCompletion): string {
  const choice = completion.choices[0]!;
  return JSON.stringify({
    ...anthropicEnvelope(completion),
    content: anthropicBlocks(choice, completion.chat).map(({ block }) => block),
    ...anthropicStop(choice),
    usage: anthropicUsage(completion, completion.completionTokens),
  });
}
