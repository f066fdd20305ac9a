import { composeChoice } from '../answer/compose-choice.ts';
import { countTextTokens } from '../answer/count-tokens.ts';
import type { FaultRule } from '../config/fault-rule.ts';
import type { SimulatorConfig } from '../config/simulator-config.ts';
import type { SimulatedChat } from '../vendors/simulated-chat.ts';
import type { SimulatedChoice, SimulatedCompletion } from '../vendors/simulated-completion.ts';
import type { WireContext } from '../vendors/vendor-wire.ts';
import { NO_CACHE_USE } from './prompt-cache.ts';
import type { SimulatedAccount } from './simulator-state.ts';

export type AnswerTokens = SimulatorConfig['answer_tokens'];

function declined(finish: 'refusal' | 'prompt_blocked', text: string): SimulatedChoice {
  return {
    reasoning: '',
    text,
    toolCalls: [],
    finish,
    stopSequence: null,
    reasoningTokens: 0,
    tokens: countTextTokens(text),
  };
}

/** A call as a model that lost its thread writes it. */
function malformed(choice: SimulatedChoice): SimulatedChoice {
  const toolCalls = choice.toolCalls.map((call) => ({
    ...call,
    arguments: `${call.arguments.slice(0, -1)},,`,
  }));
  return { ...choice, toolCalls, finish: 'malformed_function_call' };
}

/** What the model answers when nothing is in the way; the cache is looked at later, by `bookPrompt`. */
export function composeCompletion(
  { account, answerTokens: range }: { account: SimulatedAccount; answerTokens: AnswerTokens },
  context: WireContext,
  { chat, promptTokens, rule }: { chat: SimulatedChat; promptTokens: number; rule: FaultRule | null },
): SimulatedCompletion {
  const { newToolCallId, refusalText } = account.wire;
  const choiceOf = (variant: number): SimulatedChoice => {
    if (rule?.kind === 'prompt_blocked') return declined('prompt_blocked', '');
    if (rule?.kind === 'refusal' || chat.wantsRefusal) return declined('refusal', refusalText);
    const choice = composeChoice(chat, { range, newToolCallId, promptTokens, variant });
    return rule?.kind === 'malformed_function_call' ? malformed(choice) : choice;
  };
  const choices = Array.from({ length: chat.n ?? 1 }, (_, variant) => choiceOf(variant));
  return {
    requestId: context.requestId,
    createdSeconds: Math.floor(context.nowMs / 1_000),
    chat,
    choices,
    promptTokens,
    completionTokens: choices.reduce((sum, choice) => sum + choice.tokens, 0),
    reasoningTokens: choices.reduce((sum, choice) => sum + choice.reasoningTokens, 0),
    cache: NO_CACHE_USE,
  };
}
