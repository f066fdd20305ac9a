import type { Job } from '@sluice/contracts';
import { afterEach, expect, test } from 'vitest';
import { startStack, type Stack, type StackOptions } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

let stack: Stack;
afterEach(() => stack.close());

const JOBS = 240;
const TIERS = ['standard', 'standard', 'flex', 'priority'] as const;
const ONE_TARGET = { routes: { default: { targets: ['openai/gpt-5.4-mini'] } } };

interface Forecast {
  etaMs: number;
  askedAtMs: number;
}

/** Submits jobs of all tiers, asks for forecasts while they drain, and answers how far off each was. */
async function forecastErrors(options: StackOptions): Promise<number[]> {
  stack = await startStack(options);
  const jobs: Job[] = [];
  for (let n = 0; n < JOBS; n += 1) {
    const body = {
      request: { messages: [{ role: 'user', content: `Say ${n}.` }] },
      tier: TIERS[n % TIERS.length],
      lane: 'live',
    };
    jobs.push(await stack.submit(body));
  }
  const forecasts = new Map<string, Forecast[]>();
  // The rate has been measured once a part has drained.
  await until(async () => stack.simulator.control.summary().calls > JOBS / 6, {
    what: 'a part of the drain',
  });
  const sample = jobs.filter((_, index) => index % 5 === 0);
  for (const { id } of sample) {
    const { eta_ms: etaMs, status } = await stack.job(id);
    if (status === 'queued' && etaMs !== null) forecasts.set(id, [{ etaMs, askedAtMs: Date.now() }]);
  }
  const ended = await Promise.all(sample.map(({ id }) => stack.ended(id, 45_000)));
  return ended.flatMap(({ id, started_at: startedAt }) =>
    (forecasts.get(id) ?? []).flatMap(({ etaMs, askedAtMs }) => {
      const trueMs = Date.parse(startedAt as string) - askedAtMs;
      // Of the next few the forecast is a matter of milliseconds.
      return trueMs < 500 ? [] : [Math.abs(etaMs - trueMs) / trueMs];
    }),
  );
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((first, second) => first - second);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

test.each<[string, StackOptions]>([
  [
    'bound by requests',
    {
      config: {
        ...ONE_TARGET,
        providers: { openai: { limits: { requests_per_minute: 1_500, burst_requests: 10 } } },
      },
    },
  ],
  [
    'bound by calls at once',
    {
      simulator: { latency: { p50_ms: 200, p95_ms: 250, tokens_per_second: 0 } },
      config: { ...ONE_TARGET, providers: { openai: { limits: { concurrency: 5 } } } },
    },
  ],
])(
  'the forecast of a steady drain that is %s is off by less than a quarter, in the median',
  async (_, options) => {
    const errors = await forecastErrors(options);
    expect(errors.length).toBeGreaterThan(15);
    expect(median(errors)).toBeLessThan(0.25);
  },
);
