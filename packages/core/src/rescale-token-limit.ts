import type { ChatRequest, ModelEntry, Target, Warning } from '@sluice/contracts';
import { estimateTokens } from './estimate-tokens.ts';
import { outputAffordable } from './output-affordable.ts';
import type { TokenLearner } from './token-learner.ts';

export interface RescaleInput {
  request: ChatRequest;
  /** The target that the limit was meant for: the first of the chain. */
  from: Target;
  to: Target;
  learner: Pick<TokenLearner, 'bytesPerToken' | 'hasLearned' | 'margin'>;
  /** Of `to`. */
  entry: ModelEntry;
  vendor: string;
  /** What the caller would have the call cost at most, in US dollars; null for no cap. */
  maxCostUsd: number | null;
}

/** Tokenizers of one family differ by less, and so do estimates. */
const LEAST_CHANGE = 0.05;
const FIELDS = ['max_completion_tokens', 'max_tokens'] as const;

/**
 * The request as a target other than the first of the chain gets it: a token limit leaves room for the same length of
 * text, by what a token of each model has been seen to hold, and for no more than the caller's cost cap allows.
 * Answers the same request when nothing changes, and never changes the one that it is given.
 */
export function rescaleTokenLimit({ request, from, to, learner, entry, vendor, maxCostUsd }: RescaleInput): {
  request: ChatRequest;
  warnings: Warning[];
} {
  const field = FIELDS.find((name) => typeof request[name] === 'number');
  const asked = field && request[field];
  if (from === to || !field || !asked || !learner.hasLearned(from) || !learner.hasLearned(to)) {
    return { request, warnings: [] };
  }
  const ratio = learner.bytesPerToken(from) / learner.bytesPerToken(to);
  const scaled = Math.abs(ratio - 1) < LEAST_CHANGE ? asked : Math.max(1, Math.round(asked * ratio));
  const { input } = estimateTokens(request, {
    bytesPerToken: learner.bytesPerToken(to),
    margin: learner.margin(to),
    vendor,
  });
  const affordable = maxCostUsd === null ? Infinity : outputAffordable({ maxCostUsd, input, entry });
  const limit =
    scaled > asked ? Math.max(asked, Math.min(scaled, Math.floor(affordable / (request.n ?? 1)))) : scaled;
  if (limit === asked) return { request, warnings: [] };
  const message =
    `${to} takes about ${ratio.toFixed(2)} tokens where ${from} takes one: ` +
    `${field} was changed from ${asked} to ${limit} for the same length of text.`;
  return {
    request: { ...request, [field]: limit },
    warnings: [{ code: 'parameter_changed', message, param: field, target: to }],
  };
}
