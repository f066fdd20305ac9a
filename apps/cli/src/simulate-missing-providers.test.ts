import { configSchema } from '@sluice/contracts';
import { expect, test } from 'vitest';
import { simulateMissingProviders } from './simulate-missing-providers.ts';

const baseUrlOf = (name: string): string => `http://127.0.0.1:9/${name}`;

test('a provider without a key points to the simulator', () => {
  const config = configSchema.parse({
    providers: {
      openai: { kind: 'openai', base_url: 'https://api.openai.com/v1', limits: { concurrency: 3 } },
      anthropic: { kind: 'anthropic' },
      google: { kind: 'google', api_key: '' },
      router: { kind: 'openrouter' },
    },
  });

  const { config: simulated, simulated: names } = simulateMissingProviders(config, baseUrlOf);

  expect(names).toEqual(['openai', 'anthropic', 'google', 'router']);
  expect(Object.values(simulated.providers).map((provider) => provider.base_url)).toEqual([
    'http://127.0.0.1:9/openai',
    'http://127.0.0.1:9/anthropic',
    'http://127.0.0.1:9/google',
    'http://127.0.0.1:9/router',
  ]);
  expect(simulated.providers['openai']).toMatchObject({ api_key: 'simulated', limits: { concurrency: 3 } });
  expect(config.providers['openai']?.base_url).toBe('https://api.openai.com/v1');
});

test('a provider with a key, and a local server without one, stay as they are', () => {
  const config = configSchema.parse({
    providers: {
      openai: { kind: 'openai', api_key: 'sk-real' },
      anthropic: { kind: 'anthropic', api_keys: [{ name: 'main', key: 'sk-ant' }] },
      local: { kind: 'openai-compatible', base_url: 'http://127.0.0.1:8000/v1' },
      ollama: { kind: 'ollama', base_url: 'http://127.0.0.1:11434/v1' },
    },
  });

  const outcome = simulateMissingProviders(config, baseUrlOf);

  expect(outcome.simulated).toEqual([]);
  expect(outcome.config).toEqual(config);
});
