import type { Redis } from 'ioredis';
import { encodeLimits } from './encode-limits.ts';
import type { LimitBook } from './limit-book.ts';
import type { LimiterKeys } from './limiter-keys.ts';
import { loadScript } from './load-script.ts';
import type { TokenCounts } from './provider-limiter.ts';
import type { ScriptFailure, ScriptOutcome } from './run-script.ts';
import { runScript } from './run-script.ts';

const scripts = {
  acquire: loadScript('acquire'),
  release: loadScript('release'),
  renew: loadScript('renew'),
  publishLimits: loadScript('publish-limits'),
  learn: loadScript('learn'),
  dropClaim: loadScript('drop-claim'),
  queueTokens: loadScript('queue-tokens'),
  readState: loadScript('read-state'),
};

const NO_TOKENS: TokenCounts = { inputTokens: 0, outputTokens: 0 };

/** A slot may be granted this long before it comes, so that waiting for it needs no second question. */
export const SLOTS_AHEAD_MS = 100;

export interface LeaseTimes {
  leaseMs: number;
  renewEveryMs: number;
}

export interface PermitScriptsOptions extends LeaseTimes {
  redis: Redis;
  keys: LimiterKeys;
  timeoutMs: number;
  /** Who holds the leases, for those who look. @defaultValue `-` */
  worker?: string;
}

/** A name of a lease in Redis, and the model and the key it counts for. */
export interface LeaseName {
  member: string;
  model: string;
  /** As {@link scopeNames} writes it. */
  key: string;
}

export type AcquireOutcome =
  | { status: 'granted'; waitMs: number; grant: string; revision: string; nowMicroseconds: number }
  | { status: 'rate' | 'concurrency' | 'claim'; retryMs: number; revision: string; nowMicroseconds: number }
  /** Redis knows no limits: it is new, or has lost its data. */
  | { status: 'unknown' }
  | ScriptFailure;

export type Settlement =
  | { kind: 'keep' }
  | { kind: 'settle' | 'at_least'; actual: TokenCounts }
  /** The call was not made. */
  | { kind: 'return' };

export interface RenewableLease {
  member: string;
  /** Given when a missing lease is to be put back; null when a missing lease is lost. */
  grant: string | null;
}

export type RenewOutcome = { status: 'ok'; lost: string[] } | ScriptFailure;
export type PublishOutcome = { status: 'ok'; revision: string; source: string } | ScriptFailure;

/** The limiter's scripts with typed arguments and answers. Nothing here rejects. */
export interface PermitScripts {
  /** The lease's key may be several, separated by commas: the grant tells which it is. */
  acquire(lease: LeaseName, estimate: TokenCounts, claimId: string): Promise<AcquireOutcome>;
  release(lease: LeaseName, settlement: Settlement): Promise<ScriptOutcome>;
  renew(leases: readonly RenewableLease[]): Promise<RenewOutcome>;
  publishLimits(book: LimitBook, mode: 'replace' | 'if_absent'): Promise<PublishOutcome>;
  /** `pauseMs`: null unless the provider refused the call. */
  learn(
    lease: LeaseName,
    told: {
      ageMs: number;
      pauseMs: number | null;
      remaining: RemainingCounts;
      /** Only the key is meant: it is an account of its own. */
      ofKeyAlone: boolean;
    },
  ): Promise<LearnOutcome>;
  dropClaim(claimId: string, of: { model: string; keyTokens: readonly string[] }): Promise<ScriptOutcome>;
  queueTokens(
    action: 'take' | 'release',
    held: { id: string; model: string; tokens: number },
  ): Promise<ScriptOutcome>;
  readState(scopes: readonly string[]): Promise<ScriptOutcome>;
}

export type RemainingCounts = Readonly<Record<string, number>>;
export type LearnOutcome = { status: 'ok'; pausedMs: number } | ScriptFailure;

export function createPermitScripts(options: PermitScriptsOptions): PermitScripts {
  const { redis, keys, timeoutMs } = options;
  const lease = options.leaseMs * 1_000;
  const renewEvery = options.renewEveryMs * 1_000;
  const run = (name: keyof typeof scripts, used: readonly (keyof LimiterKeys)[], args: (string | number)[]) =>
    runScript({ redis, timeoutMs, script: scripts[name], keys: used.map((key) => keys[key]), args });

  const worker = encodeURIComponent(options.worker ?? '-') || '-';
  const permitKeys = ['limits', 'state', 'leases', 'grants'] as const;

  return {
    async acquire({ member, model, key }, { inputTokens, outputTokens }, claimId) {
      const ahead = SLOTS_AHEAD_MS * 1_000;
      const args = [member, model, key, inputTokens, outputTokens, ahead, lease, renewEvery, worker, claimId];
      const outcome = await run('acquire', permitKeys, args);
      return outcome.status === 'failed' ? outcome : decodeAcquire(outcome.reply);
    },
    release({ member, model, key }, settlement) {
      const { inputTokens, outputTokens } = 'actual' in settlement ? settlement.actual : NO_TOKENS;
      return run('release', permitKeys, [member, model, key, settlement.kind, inputTokens, outputTokens]);
    },
    async learn({ member, model, key }, { ageMs, pauseMs, remaining, ofKeyAlone }) {
      const pause = pauseMs === null ? -1 : Math.ceil(pauseMs * 1_000);
      const args = [member, model, key, Math.ceil(ageMs * 1_000), pause, keys.channel, ofKeyAlone ? 1 : 0];
      const outcome = await run(
        'learn',
        ['limits', 'state', 'grants'],
        [...args, ...Object.entries(remaining).flat()],
      );
      if (outcome.status === 'failed') return outcome;
      return { status: 'ok', pausedMs: Number(outcome.reply) / 1_000 };
    },
    dropClaim(claimId, { model, keyTokens }) {
      const scopes = ['provider', `model:${model}`, ...keyTokens.map((key) => `key:${key}`)];
      return run('dropClaim', ['state'], [claimId, ...scopes]);
    },
    queueTokens(action, { id, model, tokens }) {
      return run('queueTokens', ['limits', 'queued'], [action, id, model, tokens]);
    },
    async renew(leases) {
      const args = [lease, renewEvery, ...leases.flatMap(({ member, grant }) => [member, grant ?? ''])];
      const outcome = await run('renew', ['state', 'leases', 'grants'], args);
      if (outcome.status === 'failed') return outcome;
      return { status: 'ok', lost: outcome.reply as string[] };
    },
    async publishLimits(book, mode) {
      const args = [mode, book.revision, book.source, keys.channel, ...encodeLimits(book)];
      const outcome = await run('publishLimits', ['limits'], args);
      if (outcome.status === 'failed') return outcome;
      const [revision, source] = outcome.reply as [string, string];
      return { status: 'ok', revision, source };
    },
    readState(scopes) {
      return run('readState', ['limits', 'state', 'leases', 'grants', 'queued'], [...scopes]);
    },
  };
}

function decodeAcquire(reply: unknown): AcquireOutcome {
  const [status, microseconds, nowMicroseconds, revision, grant] = reply as [
    'granted' | 'rate' | 'claim' | 'concurrency' | 'unknown',
    number,
    number,
    string,
    string,
  ];
  if (status === 'unknown') return { status };
  const milliseconds = Math.ceil(microseconds / 1_000);
  if (status === 'granted') return { status, waitMs: milliseconds, grant, revision, nowMicroseconds };
  return { status, retryMs: milliseconds, revision, nowMicroseconds };
}
