import type { Config } from '@sluice/contracts';
import type { DoctorFinding } from './doctor-finding.ts';
import { simulateMissingProviders } from './simulate-missing-providers.ts';

/** Whether every provider has a key; none is called. */
export function examineProviders(config: Config): DoctorFinding[] {
  const { simulated } = simulateMissingProviders(config, () => 'http://127.0.0.1');
  return Object.keys(config.providers).map((name) =>
    simulated.includes(name)
      ? {
          level: 'warn',
          check: `provider ${name}`,
          message:
            'no API key: set it in the environment (see .env.example); "sluice dev" simulates this provider',
        }
      : { level: 'ok', check: `provider ${name}`, message: 'has a key or needs none' },
  );
}
