import type { ScriptFailure, ScriptOutcome } from './run-script.ts';

/** Steps of one script: more would keep Redis from others for too long. */
const MOST_STEPS = 64;
const REPLY_HEAD = 3;
const REPLY_WIDTH = 3;

/** One step as `permits.lua` takes it: what, member, model, key, input tokens, output tokens, claim. */
export type PermitStep = readonly [string, string, string, string, number, number, string];

/** What Redis answers to one step. */
export interface PermitStepReply {
  status: string;
  number: number;
  grant: string;
}

export interface PermitReplies {
  nowMicroseconds: number;
  /** Of the limits in force; empty when none are stored. */
  revision: string;
  /** Other holders in the place of this one, when leases were missing. */
  neighbours: string[];
  steps: PermitStepReply[];
}

export interface PermitBatch {
  /** Adds steps that belong to one script. `answer` is called once. */
  add(steps: readonly PermitStep[], answer: (outcome: PermitReplies | ScriptFailure) => void): void;
  /** Sends what is waiting, so that what is sent next comes after it. */
  flush(): void;
}

interface Waiting {
  steps: readonly PermitStep[];
  answer: (outcome: PermitReplies | ScriptFailure) => void;
}

/**
 * Sends what one turn of the event loop asks for as one script, in the order in which it was asked: the ends of calls,
 * and the permits of those that come next.
 */
export function createPermitBatch(run: (args: (string | number)[]) => Promise<ScriptOutcome>): PermitBatch {
  let waiting: Waiting[] = [];
  let size = 0;
  let immediate: NodeJS.Immediate | null = null;

  function flush(): void {
    if (immediate) clearImmediate(immediate);
    immediate = null;
    if (waiting.length === 0) return;
    const sent = waiting;
    waiting = [];
    size = 0;
    const args: (string | number)[] = [];
    for (const { steps } of sent) for (const step of steps) args.push(...step);
    void run(args).then((outcome) => deliver(sent, outcome));
  }

  return {
    add(steps, answer) {
      if (size + steps.length > MOST_STEPS) flush();
      waiting.push({ steps, answer });
      size += steps.length;
      immediate ??= setImmediate(flush);
    },
    flush,
  };
}

function deliver(sent: readonly Waiting[], outcome: ScriptOutcome): void {
  if (outcome.status === 'failed') {
    for (const { answer } of sent) answer(outcome);
    return;
  }
  const reply = outcome.reply as [number, string, string, ...(string | number)[]];
  const [nowMicroseconds, revision, neighbours] = reply;
  let at = REPLY_HEAD;
  for (const { steps, answer } of sent) {
    const replies = steps.map((_step, index) => {
      const from = at + index * REPLY_WIDTH;
      const [status, number, grant] = reply.slice(from, from + REPLY_WIDTH) as [string, number, string];
      return { status, number, grant };
    });
    at += steps.length * REPLY_WIDTH;
    answer({
      nowMicroseconds,
      revision,
      neighbours: neighbours === '' ? [] : neighbours.split(' '),
      steps: replies,
    });
  }
}
