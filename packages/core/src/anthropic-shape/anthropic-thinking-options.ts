import type { ChatRequest, Warning } from '@sluice/contracts';
import type { AnthropicMessageParams } from './anthropic-message-params.ts';

type Effort = NonNullable<ChatRequest['reasoning_effort']>;

/** Budgets below these, in tokens, are what other vendors call low and medium. */
const LOW_BELOW = 4_096;
const MEDIUM_BELOW = 16_384;

export interface ThinkingOptions {
  /** What every vendor understands. */
  effort: Effort | null;
  /** What Anthropic gets as it was. */
  anthropic: Record<string, unknown>;
  warnings: Warning[];
}

/** How much to think: as an effort, and, for Anthropic alone, in the caller's own words. */
export function anthropicThinkingOptions({
  thinking,
  output_config: config,
}: Pick<AnthropicMessageParams, 'thinking' | 'output_config'>): ThinkingOptions {
  const given = config?.effort ?? null;
  const warnings: Warning[] =
    given === 'max'
      ? [
          {
            code: 'parameter_changed',
            message:
              'output_config.effort was changed: max to xhigh, the most that every vendor understands.',
            param: 'output_config.effort',
          },
        ]
      : [];
  const asked: Effort | null = given === 'max' ? 'xhigh' : given;
  switch (thinking?.type) {
    case undefined:
      return { effort: asked, anthropic: {}, warnings };
    case 'disabled':
      return { effort: 'none', anthropic: {}, warnings };
    case 'adaptive':
      return { effort: asked ?? 'high', anthropic: { thinking }, warnings };
    case 'enabled': {
      const { budget_tokens: budget } = thinking;
      const byBudget = budget < LOW_BELOW ? 'low' : budget < MEDIUM_BELOW ? 'medium' : 'high';
      return { effort: asked ?? byBudget, anthropic: { thinking }, warnings };
    }
  }
}
