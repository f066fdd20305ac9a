import type { ChatCompletion, FinishReason, ReasoningDetail, Usage } from '@sluice/contracts';

/** A block of an answer. Source: @anthropic-ai/sdk 1.11 `ContentBlock`. */
export type AnthropicAnswerBlock =
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'redacted_thinking'; data: string }
  | { type: 'text'; text: string; citations: null }
  | {
      type: 'tool_use';
      id: string;
      name: string;
      input: Record<string, unknown>;
      caller: { type: 'direct' };
    };

/** Source: @anthropic-ai/sdk 1.11 `Message`. */
export interface AnthropicMessage {
  id: string;
  type: 'message';
  role: 'assistant';
  model: string;
  content: AnthropicAnswerBlock[];
  stop_reason: 'end_turn' | 'max_tokens' | 'tool_use' | 'refusal';
  stop_sequence: null;
  stop_details: { type: 'refusal'; category: null; explanation: string | null } | null;
  container: null;
  diagnostics: null;
  usage: {
    input_tokens: number;
    cache_creation_input_tokens: number;
    cache_read_input_tokens: number;
    cache_creation: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number };
    output_tokens: number;
    output_tokens_details: { thinking_tokens: number };
    server_tool_use: null;
    inference_geo: null;
    speed: null;
    service_tier: 'standard' | 'priority' | 'batch';
  };
}

type Message = ChatCompletion['choices'][number]['message'];

const FORMAT = 'anthropic-claude-v1';

function thoughtOf(detail: ReasoningDetail): AnthropicAnswerBlock[] {
  if (detail.format !== FORMAT) return [];
  if (detail.type === 'reasoning.encrypted' && detail.data !== undefined) {
    return [{ type: 'redacted_thinking', data: detail.data }];
  }
  if (detail.type !== 'reasoning.text' || typeof detail.signature !== 'string') return [];
  return [{ type: 'thinking', thinking: detail.text ?? '', signature: detail.signature }];
}

/** Arguments that are no JSON object are kept as they came, under `raw_arguments`. */
function inputOf(text: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Kept below.
  }
  return { raw_arguments: text };
}

function contentOf({
  content,
  tool_calls: calls = [],
  reasoning_details: details = [],
}: Message): AnthropicAnswerBlock[] {
  const text: AnthropicAnswerBlock[] = content ? [{ type: 'text', text: content, citations: null }] : [];
  return [
    ...details.flatMap(thoughtOf),
    ...text,
    ...calls.map(({ id, function: called }): AnthropicAnswerBlock => {
      const input = inputOf(called.arguments);
      return { type: 'tool_use', id, name: called.name, input, caller: { type: 'direct' } };
    }),
  ];
}

const REASONS: Readonly<Record<FinishReason, AnthropicMessage['stop_reason']>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
};

function usageOf(
  completion: ChatCompletion,
  usage: Usage | undefined,
  isBatch: boolean,
): AnthropicMessage['usage'] {
  const { prompt_tokens: prompt, completion_tokens: output } = completion.usage;
  const read = usage?.cache_read_tokens ?? completion.usage.prompt_tokens_details.cached_tokens;
  const written = usage?.cache_write_tokens ?? 0;
  const written1h = usage?.cache_write_1h_tokens ?? 0;
  const tier = completion.service_tier === 'priority' ? 'priority' : 'standard';
  return {
    input_tokens: Math.max(0, prompt - read - written),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
    cache_creation: {
      ephemeral_5m_input_tokens: written - written1h,
      ephemeral_1h_input_tokens: written1h,
    },
    output_tokens: output,
    output_tokens_details: { thinking_tokens: completion.usage.completion_tokens_details.reasoning_tokens },
    server_tool_use: null,
    inference_geo: null,
    speed: null,
    service_tier: isBatch ? 'batch' : tier,
  };
}

/**
 * A completion as Anthropic's Message: its first choice, as Anthropic gives one. Thoughts of other vendors are left
 * out, as they have no signature. `usage` is the job's, which also knows what was written to the cache.
 */
export function toAnthropicMessage(
  completion: ChatCompletion,
  { usage, isBatch = false }: { usage?: Usage; isBatch?: boolean } = {},
): AnthropicMessage {
  const choice = completion.choices[0];
  if (!choice) throw new RangeError('the completion has no choice');
  const { message, finish_reason: finish } = choice;
  const isRefused = finish === 'content_filter' || message.refusal !== null;
  const calls = message.tool_calls ?? [];
  // OpenAI ends with `stop` when one tool was asked for by name.
  const reason = isRefused ? 'refusal' : calls.length > 0 && finish === 'stop' ? 'tool_use' : REASONS[finish];
  return {
    id: completion.id,
    type: 'message',
    role: 'assistant',
    model: completion.model,
    content: contentOf(message),
    stop_reason: reason,
    stop_sequence: null,
    stop_details: isRefused ? { type: 'refusal', category: null, explanation: message.refusal } : null,
    container: null,
    diagnostics: null,
    usage: usageOf(completion, usage, isBatch),
  };
}
