import type { Redis } from 'ioredis';
import { encodeLimits } from './encode-limits.ts';
import type { LimitBook } from './limit-book.ts';
import type { LimiterKeys } from './limiter-keys.ts';
import { loadScript } from './load-script.ts';
import type { ScriptFailure, ScriptOutcome } from './run-script.ts';
import { runScript } from './run-script.ts';

const scripts = {
  acquire: loadScript('acquire'),
  release: loadScript('release'),
  renew: loadScript('renew'),
  publishLimits: loadScript('publish-limits'),
  readState: loadScript('read-state'),
};

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
}

/** A name of a lease in Redis and the model it counts for. */
export interface LeaseName {
  member: string;
  model: string;
}

export type AcquireOutcome =
  | { status: 'granted'; waitMs: number; grant: string; revision: string; nowMicroseconds: number }
  | { status: 'rate' | 'concurrency'; retryMs: number; revision: string; nowMicroseconds: number }
  /** Redis knows no limits: it is new, or has lost its data. */
  | { status: 'unknown' }
  | ScriptFailure;

export type Settlement =
  | { kind: 'keep' }
  | { kind: 'settle'; actualTokens: number }
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
  acquire(lease: LeaseName, tokens: number): Promise<AcquireOutcome>;
  release(lease: LeaseName, settlement: Settlement): Promise<ScriptOutcome>;
  renew(leases: readonly RenewableLease[]): Promise<RenewOutcome>;
  publishLimits(book: LimitBook, mode: 'replace' | 'if_absent'): Promise<PublishOutcome>;
  readState(): Promise<ScriptOutcome>;
}

export function createPermitScripts(options: PermitScriptsOptions): PermitScripts {
  const { redis, keys, timeoutMs } = options;
  const lease = options.leaseMs * 1_000;
  const renewEvery = options.renewEveryMs * 1_000;
  const run = (name: keyof typeof scripts, used: readonly (keyof LimiterKeys)[], args: (string | number)[]) =>
    runScript({ redis, timeoutMs, script: scripts[name], keys: used.map((key) => keys[key]), args });

  return {
    async acquire({ member, model }, tokens) {
      const args = [member, model, tokens, SLOTS_AHEAD_MS * 1_000, lease, renewEvery];
      const outcome = await run('acquire', ['limits', 'state', 'leases', 'grants'], args);
      return outcome.status === 'failed' ? outcome : decodeAcquire(outcome.reply);
    },
    release({ member, model }, settlement) {
      const tokens = settlement.kind === 'settle' ? settlement.actualTokens : 0;
      const args = [member, model, renewEvery, settlement.kind, tokens];
      return run('release', ['state', 'leases', 'grants'], args);
    },
    async renew(leases) {
      const args = [lease, renewEvery, ...leases.flatMap(({ member, grant }) => [member, grant ?? ''])];
      const outcome = await run('renew', ['state', 'leases', 'grants'], args);
      if (outcome.status === 'failed') return outcome;
      return { status: 'ok', lost: outcome.reply as string[] };
    },
    async publishLimits(book, mode) {
      const args = [mode, book.revision, book.source, ...encodeLimits(book)];
      const outcome = await run('publishLimits', ['limits'], args);
      if (outcome.status === 'failed') return outcome;
      const [revision, source] = outcome.reply as [string, string];
      return { status: 'ok', revision, source };
    },
    readState() {
      return run('readState', ['limits', 'state', 'leases'], []);
    },
  };
}

function decodeAcquire(reply: unknown): AcquireOutcome {
  const [status, microseconds, nowMicroseconds, revision, grant] = reply as [
    'granted' | 'rate' | 'concurrency' | 'unknown',
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
