import { afterEach, expect, test } from 'vitest';
import { createJobFollower, type Followed } from './job-follower.ts';

const control = { current: new AbortController() };
afterEach(() => control.current.abort());

const eventText = (seq: number, type = 'job.delta'): string =>
  JSON.stringify({ type, seq, job_id: 'job_1', at: '2026-01-01T00:00:00.000Z', index: 0, delta: {} });

/** A job with `last` events, the last one terminal; counts how often it is read. */
function follow({ last, isNew, pollMs = 60_000 }: { last: number; isNew: boolean; pollMs?: number }) {
  control.current = new AbortController();
  const texts = Array.from({ length: last }, (_, index) =>
    eventText(index + 1, index + 1 === last ? 'job.completed' : 'job.delta'),
  );
  const reads: number[] = [];
  const jobs = {
    readEvents: async (_id: string, { after, limit }: { after: number; limit: number }) => {
      reads.push(after);
      const events = texts.slice(after, after + limit);
      return { status: 'ok' as const, events, lastSeq: last, ended: true };
    },
  };
  const follower = createJobFollower({ id: 'job_1', jobs, isNew, pollMs, signal: control.current.signal });
  const push = (seq: number): void =>
    follower.onReply({ kind: 'event', seq, event: texts[seq - 1] as string });
  return { follower, reads, push };
}

async function sequenceOf(followed: AsyncGenerator<Followed>): Promise<(number | string)[]> {
  const seen: (number | string)[] = [];
  for await (const one of followed) seen.push(one.kind === 'event' ? one.event.seq : one.kind);
  return seen;
}

test('what is pushed in order is used without a read', async () => {
  const { follower, reads, push } = follow({ last: 3, isNew: true });
  for (const seq of [1, 2, 3]) push(seq);
  expect(await sequenceOf(follower.follow())).toEqual([1, 2, 3]);
  expect(reads).toEqual([]);
});

test('a gap is read, and nothing comes twice', async () => {
  const { follower, reads, push } = follow({ last: 5, isNew: true });
  for (const seq of [1, 3, 3, 5]) push(seq);
  expect(await sequenceOf(follower.follow())).toEqual([1, 2, 3, 4, 5]);
  expect(reads).toEqual([1]);
});

test('more than fits in the queue is dropped and read', async () => {
  const { follower, push } = follow({ last: 1_500, isNew: true });
  for (let seq = 1; seq <= 1_500; seq += 1) push(seq);
  expect(await sequenceOf(follower.follow())).toEqual(Array.from({ length: 1_500 }, (_, index) => index + 1));
});

test('a job that exists already is read from its first event', async () => {
  const { follower, reads } = follow({ last: 450, isNew: false });
  expect(await sequenceOf(follower.follow())).toHaveLength(450);
  expect(reads).toEqual([0, 200, 400]);
});

test('silence is told, and made up for by a read', async () => {
  const { follower } = follow({ last: 2, isNew: true, pollMs: 20 });
  expect(await sequenceOf(follower.follow())).toEqual(['idle', 1, 2]);
});

test('the signal ends it', async () => {
  const { follower } = follow({ last: 2, isNew: true });
  const all = sequenceOf(follower.follow());
  control.current.abort();
  expect(await all).toEqual([]);
});
