import type { LocalBroker } from './start-local-broker.ts';

/** What `sluice dev` prints when it is ready: where, with which key, and three commands to paste. */
export function devBanner(broker: Omit<LocalBroker, 'close' | 'simulator'>): string {
  const { url, adminKey, redisDescription, simulated } = broker;
  const authorization = `-H "Authorization: Bearer ${adminKey}"`;
  const body = '{"request":{"stream":true,"messages":[{"role":"user","content":"Why is the sky blue?"}]}}';
  const simulatedLine =
    simulated.length > 0
      ? `Simulated: ${simulated.join(', ')} (no API key: answers are made up and cost nothing; see .env.example)`
      : 'Simulated: nothing, every provider has a key: calls cost money';
  return `
Sluice is ready.

  Base URL:  ${url}
  Docs:      ${url}/docs
  API key:   ${adminKey}
  Redis:     ${redisDescription}
  ${simulatedLine}

Submit a job:
  curl -s ${url}/v1/jobs ${authorization} -H "Content-Type: application/json" -d '${body}'

Poll it (waits up to 30 s; put the id in):
  curl -s "${url}/v1/jobs/JOB_ID?wait=30" ${authorization}

Follow it as a stream:
  curl -sN ${url}/v1/jobs/JOB_ID/events ${authorization}

Ctrl-C ends it.
`;
}
