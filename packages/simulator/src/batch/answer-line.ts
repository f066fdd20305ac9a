import type { SimulatedAccount } from '../server/simulator-state.ts';
import type { AnswerTokens } from '../server/compose-completion.ts';
import { judgeRequest } from '../server/judge-request.ts';
import { monotonicNowMs } from '../server/monotonic-now-ms.ts';
import { faultRuleSchema } from '../config/fault-rule.ts';
import type { Bill } from '../records/bill.ts';
import type { SimulatedCompletion, WireContext } from '../vendors/vendor-wire.ts';
import type { LineOutcome, LineRequest } from './simulated-batch.ts';

/** What happens to a line, beyond what is in it. */
export type LineFate = 'run' | 'fail' | 'decline';

export interface AnsweredLine {
  outcome: LineOutcome & { status: 'answered' };
  completion: SimulatedCompletion | null;
  costUsd: number;
}

const DECLINES = faultRuleSchema.parse({ account: '*', kind: 'refusal' });

/** Answers a line as the vendor's model answers a live call, and books it at the price of a batch. */
export function answerLine(
  { account, answerTokens, bill }: { account: SimulatedAccount; answerTokens: AnswerTokens; bill: Bill },
  { model, body }: LineRequest,
  { fate, headers }: { fate: LineFate; headers: WireContext['headers'] },
): AnsweredLine {
  const { wire, config } = account;
  const requestId = wire.newRequestId();
  const context: WireContext = {
    requestId,
    model,
    maxInputTokens: 0,
    maxOutputTokens: 0,
    headers,
    nowMs: monotonicNowMs(),
  };
  const refused = (answer: LineOutcome & { status: 'answered' }): AnsweredLine => ({
    outcome: answer,
    completion: null,
    costUsd: 0,
  });
  const rule = fate === 'decline' ? DECLINES : null;
  const judged = judgeRequest(
    { account, answerTokens },
    { body, endpoint: { model, stream: false }, context, rule },
  );
  if (judged.status === 'refused') return refused({ status: 'answered', answer: judged.answer, requestId });
  if (fate === 'fail') {
    return refused({ status: 'answered', answer: wire.error('server_error', context), requestId });
  }
  const { completion } = judged;
  if (account.vendor === 'anthropic') completion.chat.serviceTier = 'batch';
  if (completion.chat.cache) completion.cache = account.cache.use(completion.chat.cache, context.nowMs);
  const name = model ?? completion.chat.model;
  const costUsd = bill.charge({
    account: account.name,
    model: name,
    promptTokens: completion.promptTokens,
    completionTokens: completion.completionTokens,
    cache: completion.cache,
    serviceTier: null,
    isBatch: true,
    price: config.models[name]?.price ?? config.price,
  });
  const { contentType, body: text } = wire.plain(completion);
  const answer = { status: 200, headers: { 'content-type': contentType }, body: text };
  return { outcome: { status: 'answered', answer, requestId }, completion, costUsd };
}
