import { createHash } from 'node:crypto';
import { randomText } from '../random-text.ts';
import type { SimulatedChat } from '../simulated-chat.ts';
import type { SimulatedChoice, SimulatedCompletion } from '../simulated-completion.ts';
import { openaiFinishReason } from './openai-finish-reason.ts';
import { openaiLogprobs } from './openai-logprobs.ts';
import { openaiUsage } from './openai-usage.ts';

/** What every object of one completion carries. */
export function openaiEnvelope({ chat, createdSeconds }: SimulatedCompletion, object: string): object {
  const digest = createHash('sha256').update(chat.model).digest('hex');
  return {
    id: `chatcmpl-${randomText(29)}`,
    object,
    created: createdSeconds,
    model: chat.model,
    service_tier: chat.serviceTier ?? 'default',
    system_fingerprint: `fp_${digest.slice(0, 10)}`,
  };
}

function choiceOf(choice: SimulatedChoice, chat: SimulatedChat, index: number): object {
  const { text, toolCalls, finish } = choice;
  const refused = finish === 'refusal';
  const calls = toolCalls.map((call) => ({
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: call.arguments },
  }));
  return {
    index,
    message: {
      role: 'assistant',
      content: refused || calls.length > 0 ? null : text,
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
      refusal: refused ? text : null,
      annotations: [],
    },
    logprobs: chat.topLogprobs === undefined ? null : openaiLogprobs(text, chat.topLogprobs),
    finish_reason: openaiFinishReason(finish, chat),
  };
}

/** The body of a plain chat completion. */
export function openaiCompletion(completion: SimulatedCompletion): string {
  const { chat, choices } = completion;
  const body = {
    ...openaiEnvelope(completion, 'chat.completion'),
    choices: choices.map((choice, index) => choiceOf(choice, chat, index)),
    usage: openaiUsage(completion),
  };
  return `${JSON.stringify(body, null, 2)}\n`;
}
