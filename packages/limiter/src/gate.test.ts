import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { GatedCall } from './gate.ts';
import { Gate } from './gate.ts';
import type { PermitAnswer } from './permit-store.ts';

interface TestCall extends GatedCall {
  ended: boolean;
  started: number;
  stopped: number;
  granted: number;
}

function createCall(start: () => Promise<'done' | 'again'> = async () => 'done'): TestCall {
  const call: TestCall = {
    ended: false,
    started: 0,
    stopped: 0,
    granted: 0,
    async start() {
      call.started += 1;
      return start();
    },
    stop() {
      call.stopped += 1;
      call.ended = true;
    },
  };
  return call;
}

function createGate(answer: (call: TestCall) => PermitAnswer | Promise<PermitAnswer>) {
  const asked: TestCall[] = [];
  const questions: number[] = [];
  const errors: unknown[] = [];
  const gate = new Gate({
    async acquire(calls) {
      const answers: PermitAnswer[] = [];
      questions.push(calls.length);
      for (const call of calls as readonly TestCall[]) {
        asked.push(call);
        const given = await answer(call);
        if (given.status === 'granted') call.granted += 1;
        answers.push(given);
        if (given.status === 'refused') break;
      }
      return answers;
    },
    onError: (error) => errors.push(error),
  });
  return { gate, asked, questions, errors };
}

const granted: PermitAnswer = { status: 'granted', waitMs: 0 };
const refused = (retryMs: number): PermitAnswer => ({ status: 'refused', cause: 'rate', retryMs });

describe('a Bottleneck on our datastore', () => {
  it('asks once for each call and runs them in order', async () => {
    const { gate, asked } = createGate(() => granted);
    const calls = [createCall(), createCall(), createCall()];
    await Promise.all(calls.map((call) => gate.pass(call)));
    expect(asked).toEqual(calls);
    expect(calls.map(({ started }) => started)).toEqual([1, 1, 1]);
    expect(gate.size).toBe(0);
  });

  it('starts a granted call without a timer, and one with a wait after it', async () => {
    const { gate } = createGate(() => granted);
    let turns = 0;
    const passed = gate.pass(createCall()).then(() => turns);
    // A timer would need a turn of the event loop; the promises of one turn do not.
    await turn();
    turns = 1;
    expect(await passed).toBe(0);

    const slow = createGate(() => ({ status: 'granted', waitMs: 40 }));
    const startedAtMs = performance.now();
    await slow.gate.pass(createCall());
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(40);
  });

  it('remembers a refusal until its time, however many calls come', async () => {
    let answers = 0;
    const { gate, asked } = createGate(() => (answers++ === 0 ? refused(60) : granted));
    const calls = Array.from({ length: 20 }, () => createCall());
    const passed = Promise.all(calls.map((call) => gate.pass(call)));
    await turn();
    expect(asked).toHaveLength(1);
    await passed;
    expect(asked).toHaveLength(21);
  });

  it('asks again at once when what it waited for was freed', async () => {
    let answers = 0;
    const { gate, asked } = createGate(() => (answers++ === 0 ? refused(60_000) : granted));
    const passed = gate.pass(createCall());
    await turn();
    gate.retry(['concurrency']);
    await turn();
    expect(asked).toHaveLength(1);
    gate.retry(['rate']);
    await passed;
    expect(asked).toHaveLength(2);
  });

  it('asks again when a refusal crosses with the release of what it was for', async () => {
    const first = Promise.withResolvers<PermitAnswer>();
    const { gate, asked } = createGate(() => (asked.length === 1 ? first.promise : granted));
    const passed = gate.pass(createCall());
    await turn();
    gate.retry(['concurrency']);
    first.resolve({ status: 'refused', cause: 'concurrency', retryMs: 60_000 });
    await passed;
    expect(asked).toHaveLength(2);
  });

  it('lets an ended call out without asking, and those behind it go on', async () => {
    const { gate, asked } = createGate((call) => (call === stuck ? refused(60_000) : granted));
    const stuck = createCall();
    const next = createCall();
    const passed = [gate.pass(stuck), gate.pass(next)];
    await turn();
    expect(next.started).toBe(0);
    stuck.ended = true;
    gate.skipEnded();
    await Promise.all(passed);
    expect(asked).toEqual([stuck, next]);
    expect(next.started).toBe(1);
  });

  it('asks for more at once as long as all are granted, and for one after a refusal', async () => {
    let left = 20;
    const { gate, questions } = createGate(async () => {
      await turn();
      return left-- > 0 ? granted : refused(20);
    });
    const calls = Array.from({ length: 30 }, () => createCall());
    const passed = calls.map((call) => gate.pass(call));
    await Promise.all(passed.slice(0, 20));
    expect(questions).toEqual([1, 2, 4, 8, 15]);
    left = 10;
    await Promise.all(passed);
    expect(questions.slice(5)).toEqual([1, 2, 4, 3]);
  });

  it('starts those in order that were granted at once, also when one of them has ended meanwhile', async () => {
    const answer = Promise.withResolvers<PermitAnswer>();
    const order: number[] = [];
    const calls = Array.from({ length: 4 }, (_, index) =>
      createCall(async () => {
        order.push(index);
        return 'done';
      }),
    );
    const { gate, asked, questions } = createGate((call) => (call === calls[2] ? answer.promise : granted));
    const passed = Promise.all(calls.map((call) => gate.pass(call)));
    await turn();
    if (calls[1]) calls[1].ended = true;
    answer.resolve(granted);
    await passed;
    expect([asked, order]).toEqual([calls, [0, 1, 2, 3]]);
    expect(questions).toEqual([1, 2, 1]);
    expect(await gate.bottleneck.done()).toBe(4);
  });

  it('takes nothing for weight 0', async () => {
    const { gate, asked } = createGate(() => granted);
    await gate.bottleneck.schedule({ weight: 0 }, async () => {});
    expect(asked).toHaveLength(0);
    expect(await gate.bottleneck.running()).toBe(0);
  });

  it('lets a call wait anew', async () => {
    let rounds = 0;
    const { gate, asked } = createGate(() => granted);
    await gate.pass(createCall(async () => (rounds++ === 0 ? 'again' : 'done')));
    expect(asked).toHaveLength(2);
  });

  it('stops a call that is dropped, before and after its grant', async () => {
    const { gate } = createGate((call) =>
      call === held ? { status: 'granted', waitMs: 30_000 } : refused(60_000),
    );
    const held = createCall();
    const waiting = createCall();
    const passed = [gate.pass(held), gate.pass(waiting)];
    await turn();
    expect(held.granted).toBe(1);
    await gate.bottleneck.stop({ dropWaitingJobs: true });
    await Promise.all(passed);
    expect([held.stopped, waiting.stopped]).toEqual([1, 1]);
    expect([held.started, waiting.started]).toEqual([0, 0]);
    await gate.close();
  });

  it('stops a call whose grant comes after stop()', async () => {
    const answer = Promise.withResolvers<PermitAnswer>();
    const { gate } = createGate(() => answer.promise);
    const call = createCall();
    const passed = gate.pass(call);
    await turn();
    const stopping = gate.bottleneck.stop({ dropWaitingJobs: true });
    answer.resolve(granted);
    await Promise.all([passed, stopping]);
    expect([call.granted, call.started, call.stopped]).toEqual([1, 0, 1]);
    await gate.close();
  });

  it('counts what runs and what is done', async () => {
    const finish = Promise.withResolvers<'done'>();
    const { gate } = createGate(() => granted);
    const passed = gate.pass(createCall(() => finish.promise));
    await turn();
    expect(await gate.bottleneck.running()).toBe(1);
    finish.resolve('done');
    await passed;
    expect(await gate.bottleneck.running()).toBe(0);
    expect(await gate.bottleneck.done()).toBe(1);
  });
});
