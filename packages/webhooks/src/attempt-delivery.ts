import type { EgressClient } from '@sluice/egress';
import { decideNext, type NextStep } from './decide-next.ts';
import type { Delivery, DeliveryAttempt } from './delivery.ts';
import { signWebhook } from './sign-webhook.ts';

const MAX_KEPT_RESPONSE_CHARACTERS = 1_024;

export interface AttemptDeps {
  egress: EgressClient;
  retryScheduleMs: readonly number[];
  timeoutMs: number;
  random: () => number;
}

/** Signs, sends and judges one attempt; nothing is stored. */
export async function attemptDelivery(
  { egress, retryScheduleMs, timeoutMs, random }: AttemptDeps,
  delivery: Delivery,
): Promise<{ attempt: DeliveryAttempt; next: NextStep }> {
  const { eventId, secret, body } = delivery;
  const attemptedAtMs = Date.now();
  const outcome = await egress.post(delivery.url, {
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Sluice-Webhooks/1',
      ...signWebhook({ secret, eventId, body, attemptedAtMs }),
    },
    body,
    timeoutMs,
  });
  const n = delivery.attempts.length + 1;
  const next = decideNext({ outcome, attempt: n, retryScheduleMs, nowMs: Date.now(), random });
  const answered = outcome.status === 'answered';
  const attempt: DeliveryAttempt = {
    n,
    at: new Date(attemptedAtMs).toISOString(),
    http_status: answered ? outcome.httpStatus : null,
    duration_ms: outcome.durationMs,
    error: next.status === 'delivered' ? null : next.error,
    response: answered ? outcome.body.slice(0, MAX_KEPT_RESPONSE_CHARACTERS).toWellFormed() : null,
  };
  return { attempt, next };
}
