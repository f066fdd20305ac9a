import type { EgressClient } from '@sluice/egress';
import { decideNext, type NextStep } from './decide-next.ts';
import type { Delivery, DeliveryAttempt } from './delivery.ts';
import { signWebhook } from './sign-webhook.ts';

const MAX_KEPT_RESPONSE_BYTES = 20_000;

export interface AttemptDeps {
  egress: Pick<EgressClient, 'post'>;
  retryScheduleMs: readonly number[];
  timeoutMs: number;
  random: () => number;
}

/** Where a delivery goes at this try, and what proves and accompanies it. */
export interface Destination {
  url: string;
  secrets: readonly string[];
  headers: Readonly<Record<string, string>>;
}

export interface AttemptedDelivery {
  attempt: DeliveryAttempt;
  next: NextStep;
  /** The receiver wants nothing any more (410). */
  gone: boolean;
}

/** Signs, sends and judges one attempt; nothing is stored. */
export async function attemptDelivery(
  { egress, retryScheduleMs, timeoutMs, random }: AttemptDeps,
  delivery: Delivery,
  { url, secrets, headers }: Destination,
): Promise<AttemptedDelivery> {
  const { eventId, body } = delivery;
  const attemptedAtMs = Date.now();
  const outcome = await egress.post(url, {
    headers: {
      'user-agent': 'Sluice-Webhooks/1',
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
      'content-type': 'application/json',
      ...signWebhook({ secrets, eventId, body, attemptedAtMs }),
    },
    body,
    timeoutMs,
    maxResponseBytes: MAX_KEPT_RESPONSE_BYTES,
  });
  const n = delivery.attempts.length + 1;
  const next = decideNext({
    outcome,
    attempt: n - delivery.attemptsBefore,
    retryScheduleMs,
    nowMs: Date.now(),
    random,
  });
  const answered = outcome.status === 'answered';
  const attempt: DeliveryAttempt = {
    n,
    at: new Date(attemptedAtMs).toISOString(),
    http_status: answered ? outcome.httpStatus : null,
    duration_ms: outcome.durationMs,
    error: next.status === 'delivered' ? null : next.error,
    response: answered ? outcome.body.toWellFormed() : null,
  };
  return { attempt, next, gone: answered && outcome.httpStatus === 410 };
}
