import type { ChatMessage, ChatRequest, Warning } from '@sluice/contracts';
import { anthropicAssistantMessage } from './anthropic-assistant-message.ts';
import type { AnthropicMessageParams } from './anthropic-message-params.ts';
import { markOf } from './anthropic-parts.ts';
import { anthropicThinkingOptions } from './anthropic-thinking-options.ts';
import { anthropicToolOptions } from './anthropic-tool-options.ts';
import { anthropicUserMessages } from './anthropic-user-messages.ts';

export interface ChatRequestFromAnthropic {
  request: ChatRequest;
  /** What could not be kept as it was. */
  warnings: Warning[];
}

function systemMessage(system: AnthropicMessageParams['system']): ChatMessage[] {
  if (system === undefined || system.length === 0) return [];
  if (typeof system === 'string') return [{ role: 'system', content: system }];
  const parts = system.map((block) => ({
    type: 'text' as const,
    text: block.text,
    ...markOf(block.cache_control),
  }));
  return [{ role: 'system', content: parts }];
}

/** Without the fields that hold nothing. */
function present<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  ) as { [Name in keyof Fields]?: NonNullable<Fields[Name]> };
}

/**
 * Anthropic's Messages parameters as a canonical request. What only Anthropic understands (thinking budgets,
 * automatic cache marks, region, speed) goes along in `provider_options.anthropic`.
 */
export function anthropicToChatRequest(params: AnthropicMessageParams): ChatRequestFromAnthropic {
  const warnings: Warning[] = [];
  const messages = systemMessage(params.system);
  params.messages.forEach((turn, index) => {
    const param = `messages.${index}.content`;
    if (turn.role === 'user') {
      const read = anthropicUserMessages(turn.content, param);
      messages.push(...read.messages);
      warnings.push(...read.warnings);
    } else {
      const read = anthropicAssistantMessage(turn.content, param);
      messages.push(read.message);
      warnings.push(...read.warnings);
    }
  });
  const thinking = anthropicThinkingOptions(params);
  const { cache_control, inference_geo, speed, output_config: config } = params;
  const own = { ...thinking.anthropic, ...present({ cache_control, inference_geo, speed }) };
  const request: ChatRequest = {
    model: params.model,
    messages,
    max_completion_tokens: params.max_tokens,
    ...anthropicToolOptions(params),
    ...(config?.format
      ? {
          response_format: {
            type: 'json_schema' as const,
            json_schema: { name: 'output', schema: config.format.schema, strict: true },
          },
        }
      : {}),
    ...present({
      reasoning_effort: thinking.effort,
      temperature: params.temperature,
      top_p: params.top_p,
      top_k: params.top_k,
      stop: params.stop_sequences?.length ? params.stop_sequences : undefined,
      user: params.metadata?.user_id,
      stream: params.stream,
    }),
    ...(params.service_tier
      ? { service_tier: params.service_tier === 'auto' ? ('auto' as const) : ('default' as const) }
      : {}),
    ...(Object.keys(own).length > 0 ? { provider_options: { anthropic: own } } : {}),
  };
  return { request, warnings };
}
