import { Webhook } from 'standardwebhooks';
import { request } from 'undici';
import type { WebhookMessage } from './read-webhook-events.ts';

export interface Forwarded {
  event: string;
  type: string;
  url: string;
  /** Null when nothing answered. */
  status: number | null;
  duration_ms: number;
  error: string | null;
}

const TIMEOUT_MS = 15_000;

/** Posts an event to a local server, signed as the broker would; never rejects. */
export async function forwardWebhook(
  { id, type, body }: WebhookMessage,
  { url, secret }: { url: string; secret: string },
): Promise<Forwarded> {
  const startedAtMs = performance.now();
  const now = new Date();
  const about = { event: id, type, url };
  const took = (): number => Math.round(performance.now() - startedAtMs);
  try {
    const answer = await request(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Sluice-Webhooks/1',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'webhook-signature': new Webhook(secret).sign(id, now, body),
      },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await answer.body.dump();
    return { ...about, status: answer.statusCode, duration_ms: took(), error: null };
  } catch (error) {
    return { ...about, status: null, duration_ms: took(), error: (error as Error).message };
  }
}
