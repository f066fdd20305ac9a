import { configSchema } from '@sluice/contracts';
import { expect, test } from 'vitest';
import { withLimitOverrides } from './with-limit-overrides.ts';

const CONFIG = configSchema.parse({
  providers: {
    openai: { kind: 'openai', limits: { requests_per_minute: 60, concurrency: 4 } },
    google: { kind: 'google' },
  },
});

test('what is set goes over the file, the rest of the file stays', () => {
  const { providers } = withLimitOverrides(CONFIG, { openai: { requests_per_minute: 6 } });
  expect(providers['openai']?.limits).toEqual({
    requests_per_minute: 6,
    concurrency: 4,
    arrival_jitter_ms: 250,
  });
});

test('a provider without limits gets those that are set, with the defaults of the file', () => {
  const { providers } = withLimitOverrides(CONFIG, { google: { concurrency: 2 } });
  expect(providers['google']?.limits).toEqual({ concurrency: 2, arrival_jitter_ms: 250 });
});

test('nothing set, or set for a provider that is gone, changes nothing', () => {
  expect(withLimitOverrides(CONFIG, { gone: { concurrency: 2 } })).toEqual(CONFIG);
});

test('the configuration that was given is not changed', () => {
  const before = structuredClone(CONFIG);
  withLimitOverrides(CONFIG, { openai: { concurrency: 9 } });
  expect(CONFIG).toEqual(before);
});
