import { createParser } from 'eventsource-parser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobEventSchema, type JobEvent } from '@sluice/contracts';
import { startStack, type Stack } from '../support/start-stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    simulator: { latency: { p50_ms: 5, tokens_per_second: 100 }, answer_tokens: { min: 150, max: 160 } },
  });
});
afterAll(() => stack.close());

test('a reader that leaves at every tenth event and resumes misses and repeats nothing', async () => {
  const job = await stack.submit({
    request: {
      model: 'openai/gpt-5.4-mini',
      stream: true,
      messages: [{ role: 'user', content: 'Tell me a story.' }],
    },
  });
  const seen: JobEvent[] = [];
  let connections = 0;
  while (!seen.at(-1)?.type.match(/^job\.(completed|failed)$/)) {
    seen.push(...(await readEvents(job.id, { after: seen.length, limit: 10 })));
    connections += 1;
    expect(connections).toBeLessThan(500);
  }

  expect(connections).toBeGreaterThan(3);
  expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index + 1));
  const ended = await stack.ended(job.id);
  const text = seen.map((event) => (event.type === 'job.delta' ? (event.delta.content ?? '') : '')).join('');
  expect(text).toBe(ended.result?.choices[0]?.message.content);
  // Read again from the start, in one piece, by the query parameter.
  const whole = await readEvents(job.id, { query: '?after=0' });
  expect(whole).toEqual(seen);
});

test('a stream that breaks begins anew at the next target and says so', async () => {
  await stack.simulator.control.setFaults([{ account: 'openai', kind: 'cut_stream', after_tokens: 5 }]);
  const job = await stack.submit({
    request: { stream: true, messages: [{ role: 'user', content: 'Go on.' }] },
  });
  const ended = await stack.ended(job.id);
  await stack.simulator.control.setFaults([]);

  expect(ended.status).toBe('completed');
  expect(ended.attempts.map(({ target, error }) => [target, error?.code])).toEqual([
    ['openai/gpt-5.4-mini', 'truncated'],
    ['openai/gpt-5.4-mini', 'truncated'],
    ['anthropic/claude-haiku-4-5', undefined],
  ]);
  const events = await readEvents(job.id, { query: '?after=0' });
  const lastRestart = events.findLastIndex(({ type }) => type === 'job.restarted');
  expect(events.filter(({ type }) => type === 'job.restarted')).toHaveLength(2);
  const text = events
    .slice(lastRestart)
    .map((event) => (event.type === 'job.delta' ? (event.delta.content ?? '') : ''))
    .join('');
  expect(text).toBe(ended.result?.choices[0]?.message.content);
});

test('a broken stream ends the job when its caller asked for that', async () => {
  await stack.simulator.control.setFaults([{ account: 'openai', kind: 'cut_stream', after_tokens: 5 }]);
  const job = await stack.submit({
    on_stream_failure: 'fail',
    request: { stream: true, messages: [{ role: 'user', content: 'Go on.' }] },
  });
  const ended = await stack.ended(job.id);
  await stack.simulator.control.setFaults([]);

  expect(ended.status).toBe('failed');
  expect(ended.error?.code).toBe('truncated');
  expect(ended.attempts).toHaveLength(1);
});

/** Reads at most `limit` events of a job, then hangs up. */
async function readEvents(
  id: string,
  { after, limit = Infinity, query = '' }: { after?: number; limit?: number; query?: string },
): Promise<JobEvent[]> {
  const control = new AbortController();
  const headers: Record<string, string> = after ? { 'last-event-id': String(after) } : {};
  const answer = await stack.request(`/v1/jobs/${id}/events${query}`, { headers, signal: control.signal });
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  const events: JobEvent[] = [];
  const parser = createParser({
    onEvent({ id: sequence, event, data }) {
      const parsed = jobEventSchema.parse(JSON.parse(data));
      expect([sequence, event]).toEqual([String(parsed.seq), parsed.type]);
      if (events.length < limit) events.push(parsed);
    },
  });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of answer.body ?? []) {
      parser.feed(decoder.decode(chunk as Uint8Array, { stream: true }));
      if (events.length >= limit) break;
    }
  } finally {
    control.abort();
  }
  return events;
}
