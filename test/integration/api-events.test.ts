import { jobEventSchema } from '@sluice/contracts';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { refusal, startApiFixture, type ApiFixture } from './api-fixture.ts';
import { playWorker } from './api-play-worker.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await startApiFixture({ limits: { maxStreams: 5, pollMs: 200 } });
});
afterAll(() => api.close());

/** Reads until the stream ends, or until it has seen `stopAfter` events, and then hangs up. */
async function readStream(
  path: string,
  {
    headers = {},
    stopAfter = Number.POSITIVE_INFINITY,
  }: { headers?: Record<string, string>; stopAfter?: number } = {},
): Promise<{ events: EventSourceMessage[]; comments: number }> {
  const hangUp = new AbortController();
  const answer = await api.request(path, { headers, signal: hangUp.signal });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  const events: EventSourceMessage[] = [];
  let comments = 0;
  const parser = createParser({
    onEvent: (event) => events.push(event),
    onComment: () => {
      comments += 1;
    },
  });
  for await (const chunk of (answer.body as ReadableStream<Uint8Array>).pipeThrough(
    new TextDecoderStream(),
  )) {
    parser.feed(chunk);
    if (events.length >= stopAfter) {
      hangUp.abort();
      break;
    }
  }
  return { events: events.slice(0, stopAfter), comments };
}

async function finishedJob(pieces: number): Promise<string> {
  const { id } = await api.submit();
  const worker = await playWorker(api, id);
  await worker.start();
  for (let n = 0; n < pieces; n += 1) await worker.delta(`word ${n} `);
  await worker.complete();
  return id;
}

test('a stream carries every event in order, with id, type and data, and ends after the terminal one', async () => {
  const { id } = await api.submit();
  const worker = await playWorker(api, id);
  const stream = readStream(`/v1/jobs/${id}/events`);
  await worker.start();
  for (let n = 0; n < 20; n += 1) await worker.delta(`${n} `);
  await worker.complete();
  const { events } = await stream;
  const data = events.map((event) => jobEventSchema.parse(JSON.parse(event.data)));
  expect(events.map((event) => event.id)).toEqual(Array.from({ length: 23 }, (_, n) => String(n + 1)));
  expect(data.map(({ seq }) => String(seq))).toEqual(events.map((event) => event.id));
  expect(data.map(({ type }) => type as string)).toEqual(events.map((event) => event.event));
  expect(events[0]?.event).toBe('job.queued');
  expect(events[1]?.event).toBe('job.started');
  expect(events.at(-1)?.event).toBe('job.completed');
  expect(data.every((event) => event.job_id === id)).toBe(true);
});

test('a client that hangs up at every tenth event and resumes misses and repeats nothing', async () => {
  const { id } = await api.submit();
  const worker = await playWorker(api, id);
  await worker.start();
  const working = (async () => {
    for (let n = 0; n < 120; n += 1) await worker.delta(`${n} `);
    await worker.complete();
  })();
  const seen: string[] = [];
  for (let round = 0; seen.length < 123 && round < 50; round += 1) {
    const last = seen.at(-1);
    const headers = last === undefined ? {} : { 'last-event-id': last };
    const { events } = await readStream(`/v1/jobs/${id}/events`, { headers, stopAfter: 10 });
    seen.push(...events.map((event) => event.id as string));
  }
  await working;
  expect(seen).toEqual(Array.from({ length: 123 }, (_, n) => String(n + 1)));
});

test('a stream longer than a page is whole', async () => {
  const id = await finishedJob(450);
  const { events } = await readStream(`/v1/jobs/${id}/events`);
  expect(events.map((event) => Number(event.id))).toEqual(Array.from({ length: 453 }, (_, n) => n + 1));
});

test('?after= goes on after that event; after the last one of an ended job the stream ends at once', async () => {
  const id = await finishedJob(5);
  const { events } = await readStream(`/v1/jobs/${id}/events?after=6`);
  expect(events.map((event) => event.id)).toEqual(['7', '8']);
  expect((await readStream(`/v1/jobs/${id}/events?after=8`)).events).toEqual([]);
  const later = await readStream(`/v1/jobs/${id}/events?after=2`, { headers: { 'last-event-id': '7' } });
  expect(later.events.map((event) => event.id)).toEqual(['8']);
});

test('a bad Last-Event-ID is refused', async () => {
  const id = await finishedJob(1);
  for (const value of ['x', '-1', '1.5', '99']) {
    const byHeader = await api.request(`/v1/jobs/${id}/events`, { headers: { 'last-event-id': value } });
    expect(await refusal(byHeader)).toMatchObject({ status: 400, code: 'invalid_last_event_id' });
    const byQuery = await api.request(`/v1/jobs/${id}/events?after=${value}`);
    expect(await refusal(byQuery)).toMatchObject({
      status: 400,
      code: 'invalid_last_event_id',
      param: 'after',
    });
  }
});

test('a quiet stream carries comments', async () => {
  const { id } = await api.submit();
  const worker = await playWorker(api, id);
  const stream = readStream(`/v1/jobs/${id}/events`);
  // Longer than three comments take; the stream has nothing else to say.
  await api.request(`/v1/jobs/${id}?wait=1`);
  await worker.complete();
  expect((await stream).comments).toBeGreaterThanOrEqual(3);
});

test('more streams than allowed are refused, and one that ends makes room', async () => {
  const { id } = await api.submit();
  const streams = Array.from({ length: 5 }, () => readStream(`/v1/jobs/${id}/events`, { stopAfter: 2 }));
  await until(async () => (await openStreams()) === 5, { what: 'five open streams' });
  const answer = await api.request(`/v1/jobs/${id}/events`);
  expect(answer.headers.get('retry-after')).toBe('5');
  expect(await refusal(answer)).toMatchObject({ status: 429, code: 'too_many_streams' });
  await api.post(`/v1/jobs/${id}/cancel`, '');
  await Promise.all(streams);
  await until(async () => (await openStreams()) === 0, { what: 'all streams to be closed' });
});

test('all streams of a process stand on one subscriber connection', async () => {
  const channels = await api.open.redis.client('LIST');
  const subscribers = String(channels)
    .split('\n')
    .filter((line) => line.includes('name=sluice-subscriber'));
  expect(subscribers.length).toBeLessThanOrEqual(1);
});

async function openStreams(): Promise<number> {
  const text = await (await api.request('/metrics')).text();
  return Number(/^sluice_open_streams (\d+)$/m.exec(text)?.[1] ?? 0);
}
