import { expect, test } from 'vitest';
import { createMetrics } from './create-metrics.ts';
import { startHealthServer } from './start-health-server.ts';

test('answers 200 or 503 with the reason, and metrics', async () => {
  const metrics = createMetrics({ defaults: false });
  metrics.jobSubmitted({ tier: 'flex', outcome: 'created' });
  let wrong: string | null = null;
  const server = await startHealthServer({
    port: 0,
    livez: () => null,
    readyz: async () => {
      if (wrong === 'thrown') throw new Error('thrown');
      return wrong;
    },
    metrics,
  });
  const get = (path: string): Promise<Response> => fetch(`${server.url}${path}`);
  try {
    expect((await get('/livez')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
    for (wrong of ['nothing started for 60 s', 'thrown']) {
      const answer = await get('/readyz');
      expect(answer.status).toBe(503);
      expect(await answer.json()).toEqual({ status: 'unavailable', reason: wrong });
    }
    expect(await (await get('/metrics')).text()).toContain(
      'sluice_jobs_submitted_total{tier="flex",outcome="created"} 1',
    );
  } finally {
    await server.close();
    await server.close();
  }
});
