import type { Job } from '@sluice/contracts';
import { expect, test } from 'vitest';
import { demoReport } from './demo-report.ts';
import { DEMO_PROMPTS } from './demo-prompts.ts';

const prompt = DEMO_PROMPTS[0]!;
const completed = {
  id: 'job_1',
  status: 'completed',
  tier: 'flex',
  chain: ['a/x', 'b/y'],
  created_at: '2026-01-01T00:00:00.000Z',
  finished_at: '2026-01-01T00:00:01.500Z',
  attempts: [
    { target: 'a/x', error: { code: 'overloaded', status: 503 } },
    { target: 'b/y', error: null },
  ],
  usage: { total_tokens: 42 },
  cost_usd: 0.001,
} as unknown as Job;

test('it passes when every job completed and every webhook was verified', () => {
  const { passed, text } = demoReport({ jobs: [{ prompt, job: completed }], webhooksVerified: 1 });

  expect(passed).toBe(true);
  expect(text).toContain('OK: 1 completed, 1 webhooks verified, of 1');
  expect(text).toContain('Attempts: 2, of which 1 failed (1 × 503 overloaded)');
  expect(text).toContain('1 of 1 jobs ended at another provider');
  expect(text).toMatch(/job_1 +flex +classification +b\/y +2 +1500 ms +42 +\$0\.001000/);
});

test.each([
  ['a webhook is missing', completed, 0],
  ['a job failed', { ...completed, status: 'failed' as const }, 1],
])('it does not pass when %s', (_name, job, webhooksVerified) => {
  expect(demoReport({ jobs: [{ prompt, job }], webhooksVerified }).passed).toBe(false);
});

test('there are forty prompts over all tiers', () => {
  expect(DEMO_PROMPTS).toHaveLength(40);
  expect(new Set(DEMO_PROMPTS.map(({ tier }) => tier))).toEqual(new Set(['priority', 'standard', 'flex']));
});
