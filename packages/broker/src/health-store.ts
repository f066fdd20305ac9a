import type { Lane, Tier } from '@sluice/contracts';
import type { Admission, Breaker, BreakerPolicy, CallVerdict } from '@sluice/core';
import { encodeBreakerPolicy } from './encode-breaker-policy.ts';
import type { Keys } from './keys.ts';
import { readScript, runScript, type RedisClient } from './script.ts';
import { decodeBreaker } from './stored-breaker.ts';

const scripts = {
  recordCall: readScript('record-call'),
  admitCall: readScript('admit-call'),
  forceBreaker: readScript('force-breaker'),
};

/** A model of a provider, in one lane: what has a breaker of its own. */
export interface HealthSubject {
  provider: string;
  model: string;
  lane: Lane;
}

export interface RecordedCall {
  /** Of its admission. */
  epoch: number;
  verdict: CallVerdict;
  /** Null: a probe of the broker's own, whose latency says nothing of jobs. */
  tier: Tier | null;
  firstTokenMs: number | null;
  totalMs: number;
  completionTokens: number | null;
}

/** Breakers by `<lane>|<model>`. */
export type BreakersByField = ReadonlyMap<string, Breaker>;

export function healthField({ model, lane }: Pick<HealthSubject, 'model' | 'lane'>): string {
  return `${lane}|${model}`;
}

export function parseHealthField(field: string): Pick<HealthSubject, 'model' | 'lane'> {
  const bar = field.indexOf('|');
  return { lane: field.slice(0, bar) as Lane, model: field.slice(bar + 1) };
}

/**
 * Health of providers' models in Redis, shared by all processes. Each method is one script on the provider's hash
 * tag; a change of a breaker is also published on the control channel. Redis is borrowed.
 */
export function createHealthStore({ redis, keys }: { redis: RedisClient; keys: Keys }) {
  return {
    /** Answers the breaker after it. */
    async record(subject: HealthSubject, call: RecordedCall, policy: BreakerPolicy): Promise<Breaker> {
      const { provider, model, lane } = subject;
      const text = await runScript(
        redis,
        scripts.recordCall,
        [keys.health(provider)],
        [
          encodeBreakerPolicy(policy),
          lane,
          model,
          call.epoch,
          call.verdict,
          keys.control,
          provider,
          call.tier ?? '',
          call.firstTokenMs === null ? '' : Math.round(call.firstTokenMs),
          Math.round(call.totalMs),
          call.completionTokens ?? '',
          policy.windowMs,
        ],
      );
      return decodeBreaker(text as string);
    },

    async admit(
      subject: HealthSubject,
      policy: BreakerPolicy,
    ): Promise<{ admission: Admission; breaker: Breaker }> {
      const { provider, model, lane } = subject;
      const args = [encodeBreakerPolicy(policy), lane, model, keys.control, provider];
      const reply = await runScript(redis, scripts.admitCall, [keys.health(provider)], args);
      const [as, retryInMs, epoch, text] = reply as [
        'normal' | 'probe' | 'ramp' | 'refused',
        number,
        number,
        string,
      ];
      const admission: Admission =
        as === 'refused' ? { status: 'refused', retryInMs } : { status: 'admitted', epoch, as };
      return { admission, breaker: decodeBreaker(text) };
    },

    /** Sets breakers of a provider by hand, in the order of the subjects. */
    async force(
      provider: string,
      subjects: readonly Pick<HealthSubject, 'model' | 'lane'>[],
      to: 'open' | 'closed' | 'auto',
    ): Promise<Breaker[]> {
      const args = [to, keys.control, provider, ...subjects.map(healthField)];
      const reply = await runScript(redis, scripts.forceBreaker, [keys.health(provider)], args);
      return (reply as string[]).map(decodeBreaker);
    },

    /** What a status page reports, for so long; null: all is well. It lowers priority and nothing else. */
    async reportTrouble(
      provider: string,
      trouble: string | null,
      { forMs }: { forMs: number },
    ): Promise<void> {
      const key = `${keys.health(provider)}:trouble`;
      await (trouble === null ? redis.del(key) : redis.set(key, trouble, 'PX', Math.ceil(forMs)));
    },

    /** True for one process within so long: it asks the status page for all. */
    async takeStatusTurn(provider: string, { everyMs }: { everyMs: number }): Promise<boolean> {
      const key = `${keys.health(provider)}:status-turn`;
      return (await redis.set(key, '1', 'PX', Math.ceil(everyMs), 'NX')) === 'OK';
    },

    async breakers(provider: string): Promise<BreakersByField> {
      const stored = await redis.hgetall(`${keys.health(provider)}:breakers`);
      return new Map(Object.entries(stored).map(([field, text]) => [field, decodeBreaker(text)] as const));
    },
  };
}

export type HealthStore = ReturnType<typeof createHealthStore>;
