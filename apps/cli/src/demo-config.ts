import { type Config, configSchema } from '@sluice/contracts';

/** Three vendors without keys, so that all are simulated, whatever the machine's own configuration says. */
export function demoConfig(): Config {
  return configSchema.parse({
    providers: { openai: { kind: 'openai' }, anthropic: { kind: 'anthropic' }, google: { kind: 'google' } },
    routes: {
      default: {
        targets: ['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5', 'google/gemini-2.5-flash'],
      },
    },
    retention: { result_ttl: '1h' },
  });
}
