import { createLimiterChanges, createProviderLimiter, limiterRedisOptions } from '@sluice/limiter';
import type { Permit, ProviderLimits, TokenCounts } from '@sluice/limiter';
import { Redis } from 'ioredis';

/** What a load process is told when it is forked, as JSON in its first argument. */
export interface LimiterLoadTask {
  redisUrl: string;
  prefix: string;
  limits: ProviderLimits;
  /** Base URL of an OpenAI-compatible provider. */
  providerUrl: string;
  /** Calls that wait or run at once. */
  callers: number;
  estimate: TokenCounts;
  /** The text of each call. */
  prompt: string;
  maxTokens: number;
}

/** Calls a provider through the limiter until it is told to end. */
const task = JSON.parse(process.argv[2] ?? '') as LimiterLoadTask;
const connect = () => {
  const redis = new Redis(task.redisUrl, { ...limiterRedisOptions, retryStrategy: () => 50 });
  redis.on('error', () => {});
  return redis;
};
const subscriber = new Redis(task.redisUrl, { retryStrategy: () => 50, maxRetriesPerRequest: null });
subscriber.on('error', () => {});
const redis = connect();
const changes = createLimiterChanges(subscriber, { onError: () => {} });
const { prefix, limits } = task;
const worker = String(process.pid);
const limiter = createProviderLimiter({
  redis,
  prefix,
  provider: 'openai',
  limits,
  changes,
  worker,
  onError: () => {},
});
const ending = new AbortController();
process.once('message', () => ending.abort());
process.once('disconnect', () => ending.abort());

await Promise.all(Array.from({ length: task.callers }, callOn));
await limiter.close();
changes.close();
redis.disconnect();
subscriber.disconnect();
if (process.connected) process.disconnect();

async function callOn(): Promise<void> {
  while (!ending.signal.aborted) {
    const reservationId = crypto.randomUUID();
    const request = { model: 'gpt-4.1-mini', reservationId, estimate: task.estimate, signal: ending.signal };
    await limiter.run(request, call).catch(() => {});
  }
}

async function call(permit: Permit): Promise<void> {
  const response = await fetch(`${task.providerUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-load' },
    body: JSON.stringify({
      model: 'gpt-4.1-mini',
      messages: [{ role: 'user', content: task.prompt }],
      max_tokens: task.maxTokens,
    }),
    signal: AbortSignal.any([permit.lost, AbortSignal.timeout(30_000)]),
  });
  const { usage } = (await response.json()) as {
    usage?: { prompt_tokens: number; completion_tokens: number };
  };
  const retryAfterMs = Number(response.headers.get('retry-after-ms') ?? NaN);
  permit.learn({
    limited: response.status === 429,
    retryAfterMs: Number.isNaN(retryAfterMs) ? null : retryAfterMs,
    remaining: {},
  });
  if (usage) permit.settle({ inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens });
}
