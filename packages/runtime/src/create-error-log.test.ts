import { expect, test } from 'vitest';
import { createErrorLog } from './create-error-log.ts';

function scene() {
  const lines: unknown[] = [];
  let nowMs = 0;
  const report = createErrorLog({
    logger: { warn: ((fields: unknown, text: string) => lines.push([fields, text])) as never },
    message: 'worker error',
    nowMs: () => nowMs,
  });
  return { lines, report, wait: (ms: number) => (nowMs += ms) };
}

test('an error that comes again and again is logged once in 30 s, with how often it came', () => {
  const { lines, report, wait } = scene();
  for (let i = 0; i < 100; i += 1) report(new Error('connect ECONNREFUSED'));
  expect(lines).toEqual([[{ reason: 'connect ECONNREFUSED' }, 'worker error']]);
  wait(30_000);
  report(new Error('connect ECONNREFUSED'));
  expect(lines.at(-1)).toEqual([{ reason: 'connect ECONNREFUSED', repeated: 99 }, 'worker error']);
});

test('another error is logged at once, with its context', () => {
  const { lines, report } = scene();
  report(new Error('one'));
  report('two', { jobId: 'job_1' });
  expect(lines.at(-1)).toEqual([{ jobId: 'job_1', reason: 'two' }, 'worker error']);
});

test('an error without a message is known by its code', () => {
  const { lines, report } = scene();
  report(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }));
  expect(lines).toEqual([[{ reason: 'ECONNREFUSED' }, 'worker error']]);
});
