import { expect, it } from 'vitest';
import { limiterKeys } from './limiter-keys.ts';

it('puts every key of a provider into one slot of a Redis Cluster', () => {
  for (const key of Object.values(limiterKeys('sluice', 'openai'))) {
    expect(key).toMatch(/^sluice:limit:\{openai\}:[a-z]+$/);
  }
});
