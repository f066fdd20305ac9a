import { randomUUID } from 'node:crypto';
import type { ApiKeyLimits } from '@sluice/contracts';
import type { KeyPlace, Keys } from './keys.ts';
import { readScript, runScript, type RedisClient } from './script.ts';

const scripts = {
  request: readScript('quota-request'),
  take: readScript('quota-take'),
  takeMany: readScript('quota-take-many'),
  settle: readScript('quota-settle'),
  place: readScript('quota-place'),
};

export type CountRequestOutcome =
  | { status: 'ok'; left: number; fullInMs: number }
  | { status: 'refused'; retryAfterMs: number };

/** The limit of a key that a job would exceed. */
export type JobQuota = 'tokens_per_minute' | 'tokens_per_day' | 'queued_jobs';

export type TakeQuotaOutcome =
  /** `held`: an earlier try of the same job had reserved it. */
  | { status: 'taken' | 'held' }
  /** `retryAfterMs` null: it never fits. */
  | { status: 'refused'; quota: JobQuota; retryAfterMs: number | null };

/** Open jobs that are looked at when a key seems to have too many: some may be gone without a trace. */
const LOOK_AT = 100;
const SURELY_STORED_MS = 60_000;
const PLACE_LEASE_MS = 45_000;

/**
 * What keys may take, counted in Redis for all processes under the key's own hash tag. A key without limits costs
 * no command. Reservations are settled when the job's outbox is carried out.
 */
export function createKeyQuotas({ redis, keys }: { redis: RedisClient; keys: Keys }) {
  const quotaKeys = (keyId: string) => [
    keys.quota(keyId, 'meters'),
    keys.quota(keyId, 'jobs'),
    keys.quota(keyId, 'open'),
  ];

  const take = async (
    { id, keyId, tokens }: { id: string; keyId: string; tokens: number },
    limits: ApiKeyLimits,
  ): Promise<TakeQuotaOutcome> => {
    const { tokens_per_minute: minute, tokens_per_day: day, queued_jobs: jobs } = limits;
    const args = [id, Math.ceil(tokens), minute ?? '', day ?? '', jobs ?? ''];
    const reply = (await runScript(redis, scripts.take, quotaKeys(keyId), args)) as
      | ['taken' | 'held']
      | ['refused', JobQuota, number];
    if (reply[0] !== 'refused') return { status: reply[0] };
    const [, quota, retryAfterMs] = reply;
    return { status: 'refused', quota, retryAfterMs: retryAfterMs < 0 ? null : retryAfterMs };
  };

  const settle = async (keyId: string, jobId: string, tokens: number): Promise<void> => {
    await runScript(redis, scripts.settle, quotaKeys(keyId), [jobId, Math.ceil(tokens)]);
  };

  /** Gives back what jobs hold that were never stored, because their process was lost. True when any was found. */
  const forgetLost = async (keyId: string): Promise<boolean> => {
    const [, , open = ''] = quotaKeys(keyId);
    const oldest = await redis.zrange(open, '0', String(LOOK_AT - 1), 'WITHSCORES');
    let found = false;
    for (let index = 0; index < oldest.length; index += 2) {
      const [id = '', takenAt] = [oldest[index], Number(oldest[index + 1])];
      if (Date.now() - takenAt < SURELY_STORED_MS || (await redis.exists(keys.job(id))) === 1) continue;
      await settle(keyId, id, 0);
      found = true;
    }
    return found;
  };

  return {
    async countRequest(keyId: string, perMinute: number): Promise<CountRequestOutcome> {
      const reply = await runScript(redis, scripts.request, [keys.quota(keyId, 'requests')], [perMinute]);
      const [allowed, left, waitMs] = reply as [0 | 1, number, number];
      return allowed === 1
        ? { status: 'ok', left, fullInMs: waitMs }
        : { status: 'refused', retryAfterMs: waitMs };
    },
    /** Reserves what a job is expected to take; to be settled by its id. */
    async take(
      job: { id: string; keyId: string; tokens: number },
      limits: ApiKeyLimits,
    ): Promise<TakeQuotaOutcome> {
      const outcome = await take(job, limits);
      if (outcome.status !== 'refused' || outcome.quota !== 'queued_jobs') return outcome;
      return (await forgetLost(job.keyId)) ? take(job, limits) : outcome;
    },
    /** Reserves for jobs of one key in their order, as many as fit now; answers for how many, from the first. */
    async takeMany(
      keyId: string,
      jobs: readonly { id: string; tokens: number }[],
      { tokens_per_minute: minute, tokens_per_day: day, queued_jobs: open }: ApiKeyLimits,
    ): Promise<number> {
      const args = [
        minute ?? '',
        day ?? '',
        open ?? '',
        ...jobs.flatMap(({ id, tokens }) => [id, Math.ceil(tokens)]),
      ];
      return Number(await runScript(redis, scripts.takeMany, quotaKeys(keyId), args));
    },
    /** A place among a key's event streams or calls; null when all are taken. It lapses when this process is lost. */
    async takePlace(place: KeyPlace, keyId: string, max: number): Promise<{ close: () => void } | null> {
      const key = keys.quota(keyId, place);
      const id = randomUUID();
      const hold = (limit: number | string): Promise<unknown> =>
        runScript(redis, scripts.place, [key], [id, PLACE_LEASE_MS, limit]);
      if ((await hold(max)) !== 1) return null;
      const timer = setInterval(() => void hold('').catch(() => undefined), PLACE_LEASE_MS / 3);
      return {
        close() {
          clearInterval(timer);
          redis.zrem(key, id).catch(() => undefined);
        },
      };
    },
    /** Replaces a reservation by what was used; harmless when there is none. */
    settle,
  };
}

export type KeyQuotas = ReturnType<typeof createKeyQuotas>;

/** Why a job of so many tokens can never be taken under these limits; null when it can. */
export function neverFits(
  tokens: number,
  limits: ApiKeyLimits,
): 'tokens_per_minute' | 'tokens_per_day' | null {
  if (tokens > (limits.tokens_per_day ?? Infinity)) return 'tokens_per_day';
  return tokens > (limits.tokens_per_minute ?? Infinity) ? 'tokens_per_minute' : null;
}

/** Whether jobs of a key with these limits have to be counted. */
export function countsJobs(limits: ApiKeyLimits | null): limits is ApiKeyLimits {
  return (
    limits !== null && (limits.tokens_per_minute ?? limits.tokens_per_day ?? limits.queued_jobs) !== undefined
  );
}
