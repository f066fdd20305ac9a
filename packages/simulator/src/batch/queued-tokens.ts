import { countPromptTokens } from '../answer/count-tokens.ts';
import type { SimulatedAccount } from '../server/simulator-state.ts';
import type { WireContext } from '../vendors/vendor-wire.ts';
import type { LineRequest } from './simulated-batch.ts';

/** Adds up what lines put into the vendor's queue, by model; counts only models that have a limit. */
export interface QueuedTokens {
  add(line: LineRequest): void;
  tokens(): ReadonlyMap<string, number>;
  /** The first limit that these lines would break, with what waits already. */
  broken(): { model: string; limit: number } | null;
}

/** A line that the model would refuse counts as nothing. */
export function countQueuedTokens(account: SimulatedAccount, context: WireContext): QueuedTokens {
  const { wire, limiter, batches } = account;
  const tokens = new Map<string, number>();

  return {
    add({ model, body }) {
      if (model === null || limiter.queuedBatchTokens(model) === null) return;
      const sizes = { maxInputTokens: Infinity, maxOutputTokens: Infinity };
      const parsed = wire.parse(body, { model, stream: false }, { ...context, model, ...sizes });
      if (parsed.status === 'refused') return;
      tokens.set(model, (tokens.get(model) ?? 0) + countPromptTokens(parsed.chat));
    },
    tokens: () => tokens,
    broken() {
      for (const [model, own] of tokens) {
        const limit = limiter.queuedBatchTokens(model) ?? Infinity;
        const waiting = batches
          .batches()
          .filter(({ endedAtMs }) => endedAtMs === null)
          .reduce((sum, batch) => sum + (batch.queuedTokens.get(model) ?? 0), 0);
        if (waiting + own > limit) return { model, limit };
      }
      return null;
    },
  };
}
