import type { Target } from '@sluice/contracts';
import { fullJitterBackoff } from './backoff.ts';
import { isEligible, isUsedUp, type DecideNextInput } from './decide-next.ts';

export type PassOverInput = Pick<
  DecideNextInput,
  | 'chain'
  | 'targetIndex'
  | 'round'
  | 'rounds'
  | 'roundFirstAttempt'
  | 'attempts'
  | 'contextWindow'
  | 'keysOf'
  | 'policy'
  | 'random'
> & {
  /** Milliseconds until a call at a target may be tried; 0 when it may be now. */
  unavailableMs: (target: Target) => number;
};

export interface PassedOver {
  targetIndex: number;
  round: number;
  newRound: boolean;
  /** 0: there it may be tried now. */
  waitMs: number;
}

/**
 * Where a job goes whose target's breaker lets it not through: to the target that may be tried first, at the same
 * time the next one of the chain. One that has had its tries of this round only begins the next round, if there is
 * one. Costs no try, and never ends the job: when nothing may be tried it waits for what may be tried first. Pure.
 */
export function passOver(input: PassOverInput): PassedOver {
  const { chain, targetIndex, attempts, policy, round, rounds } = input;
  const inRound = attempts.filter(({ n }) => n >= input.roundFirstAttempt);
  const { baseDelayMs: baseMs, maxDelayMs: maxMs } = policy;
  const backoffMs = fullJitterBackoff({ baseMs, maxMs, failures: round, random: input.random });
  const choices = chain.flatMap((target, index): (PassedOver & { distance: number })[] => {
    const newRound = isUsedUp(target, { ...input, inRound });
    if (!isEligible(index, input) || (newRound && round >= rounds)) return [];
    const waitMs = Math.max(input.unavailableMs(target), newRound ? backoffMs : 0);
    const distance = (index - targetIndex - 1 + chain.length) % chain.length;
    return [{ targetIndex: index, round: newRound ? round + 1 : round, newRound, waitMs, distance }];
  });
  const [first] = choices.sort(
    (left, right) =>
      left.waitMs - right.waitMs ||
      Number(left.newRound) - Number(right.newRound) ||
      left.distance - right.distance,
  );
  if (!first) {
    const own = input.unavailableMs(chain[targetIndex] as Target);
    return { targetIndex, round, newRound: false, waitMs: own };
  }
  const { distance: _, ...choice } = first;
  return choice;
}
