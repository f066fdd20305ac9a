import type { ChatRequest } from '@sluice/contracts';
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
}

/** How much to think: as an effort, and, for Anthropic alone, in the caller's own words. */
export function anthropicThinkingOptions({
  thinking,
  output_config: config,
}: Pick<AnthropicMessageParams, 'thinking' | 'output_config'>): ThinkingOptions {
  const asked: Effort | null = config?.effort ?? null;
  switch (thinking?.type) {
    case undefined:
      return { effort: asked, anthropic: {} };
    case 'disabled':
      return { effort: 'none', anthropic: {} };
    case 'adaptive':
      return { effort: asked ?? 'high', anthropic: { thinking } };
    case 'enabled': {
      const { budget_tokens: budget } = thinking;
      const byBudget = budget < LOW_BELOW ? 'low' : budget < MEDIUM_BELOW ? 'medium' : 'high';
      return { effort: asked ?? byBudget, anthropic: { thinking } };
    }
  }
}
