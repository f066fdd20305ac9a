import type { ChatRequest, Warning } from '@sluice/contracts';
import { THINKING_BUDGETS } from '@sluice/core';
import type { ProviderCall } from '../provider-adapter.ts';
import type { ConversationTurn } from '../request/build-conversation.ts';
import { parameterChanged, parameterDropped } from '../request/parameter-warning.ts';
import { NOTHING, type RequestPart } from '../request/request-part.ts';

type Effort = Exclude<NonNullable<ChatRequest['reasoning_effort']>, 'none'>;

const MIN_BUDGET = 1_024;

export interface ReasoningPart extends RequestPart {
  /** Thinking is on: sampling parameters are refused. */
  thinks: boolean;
  maxTokens: number;
}

export interface ReasoningContext {
  turns: readonly ConversationTurn[];
  /** Why the answer can't begin with thoughts, which the API refuses to think for; null where it can. */
  answerIsBound: string | null;
  /** `max_tokens` without thinking. */
  maxTokens: number;
  /** The caller set it: thinking comes on top. */
  isAsked: boolean;
}

/**
 * `reasoning_effort` as `output_config.effort` with adaptive thinking, where the model has them, else as a thinking
 * budget on top of `max_tokens`. Source: Anthropic's guides "Effort", "Adaptive thinking", "Extended thinking".
 */
export function reasoningParameters(call: ProviderCall, context: ReasoningContext): ReasoningPart {
  const { request, entry, model } = call;
  const effort = request.reasoning_effort ?? null;
  const off = { thinks: false, maxTokens: context.maxTokens };
  if (effort === null) return { ...NOTHING, ...off };
  const has = (feature: string): boolean => entry.supports?.includes(feature) ?? false;
  const dropped = (why: string): ReasoningPart => ({
    fields: {},
    warnings: [parameterDropped('reasoning_effort', why)],
    ...off,
  });
  if (effort === 'none') {
    if (entry.rejects?.includes('thinking_disabled')) return dropped(`${model} always thinks`);
    const isOffByItself = !has('adaptive_thinking');
    return { fields: isOffByItself ? {} : { thinking: { type: 'disabled' } }, warnings: [], ...off };
  }
  if (!has('reasoning')) return dropped(`${model} is not known to think`);
  if (has('effort')) return effortParameters(call, effort, context);
  if (context.answerIsBound) return dropped(`thinking and ${context.answerIsBound} exclude each other`);
  if (loopWithoutThoughts(context.turns)) {
    return dropped('the tool calls that are being answered were made without thoughts of this vendor');
  }
  return budgetParameters(call, effort, context);
}

function effortParameters(
  { entry }: ProviderCall,
  effort: Effort,
  { answerIsBound, maxTokens }: ReasoningContext,
): ReasoningPart {
  const warnings: Warning[] = [];
  const has = (feature: string): boolean => entry.supports?.includes(feature) ?? false;
  let level: string = effort === 'minimal' ? 'low' : effort;
  if ((effort === 'xhigh' || effort === 'max') && !has('effort_xhigh')) level = 'high';
  if (level !== effort) warnings.push(parameterChanged('reasoning_effort', `${effort} to ${level}`));
  const thinks = has('adaptive_thinking') && answerIsBound === null;
  if (answerIsBound && has('adaptive_thinking')) {
    warnings.push(
      parameterChanged(
        'reasoning_effort',
        `without thoughts, as thinking and ${answerIsBound} exclude each other`,
      ),
    );
  }
  return {
    fields: { ...(thinks ? { thinking: { type: 'adaptive' } } : {}), output_config: { effort: level } },
    warnings,
    thinks,
    maxTokens,
  };
}

function budgetParameters(
  { entry, model, request }: ProviderCall,
  effort: Effort,
  { maxTokens, isAsked }: ReasoningContext,
): ReasoningPart {
  const cap = entry.max_output_tokens ?? maxTokens + THINKING_BUDGETS[effort];
  const raised = isAsked ? Math.min(cap, maxTokens + THINKING_BUDGETS[effort]) : cap;
  const room = raised - Math.min(maxTokens, Math.floor(raised / 2));
  const budget = Math.min(THINKING_BUDGETS[effort], Math.max(MIN_BUDGET, room));
  if (budget >= raised) {
    const why = `${model} has no room for thinking within ${raised} tokens`;
    return {
      fields: {},
      warnings: [parameterDropped('reasoning_effort', why)],
      thinks: false,
      maxTokens,
    };
  }
  const param = request.max_completion_tokens === undefined ? 'max_tokens' : 'max_completion_tokens';
  const how = `${maxTokens} to ${raised}, so that thinking has ${budget} of its own`;
  return {
    fields: { thinking: { type: 'enabled', budget_tokens: budget } },
    warnings: isAsked && raised !== maxTokens ? [parameterChanged(param, how)] : [],
    thinks: true,
    maxTokens: raised,
  };
}

/**
 * Whether the conversation ends with results of tool calls whose turn does not begin with a thinking block. With a
 * budget the API then refuses to think; such turns come from another vendor, or from a call without thinking.
 */
function loopWithoutThoughts(turns: readonly ConversationTurn[]): boolean {
  const [calling, last] = turns.slice(-2);
  if (calling?.role !== 'assistant' || last?.role !== 'user') return false;
  if (!last.parts.some((part) => part.type === 'tool_result')) return false;
  const [first] = calling.parts;
  return !(first?.type === 'reasoning' && first.detail.format === 'anthropic-claude-v1');
}
