import { createMetrics } from '@sluice/runtime';
import { expect, test } from 'vitest';
import { boundModelLabels } from './bound-model-labels.ts';

test('a model that is not known counts as other', async () => {
  const metrics = createMetrics({ defaults: false });
  const bounded = boundModelLabels(metrics, (target) => target === 'openai/known');
  for (const model of ['known', 'made-up-1', 'made-up-2']) {
    bounded.attemptFinished({ provider: 'openai', model, outcome: 'ok', latencyMs: 1, queueWaitMs: 1 });
    bounded.attemptCost({ provider: 'openai', model, costUsd: 1, tokens: 5 });
    bounded.breakerChanged({ provider: 'openai', model, lane: 'live', from: 'closed', to: 'open' });
    bounded.probeFinished({ provider: 'openai', model, outcome: 'ok', costUsd: 1 });
  }
  const text = await metrics.text();
  expect(text).toContain('sluice_tokens_total{provider="openai",model="known"} 5');
  expect(text).toContain('sluice_tokens_total{provider="openai",model="other"} 10');
  expect(text).not.toContain('made-up');
});
