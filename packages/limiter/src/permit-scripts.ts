import type { Redis } from 'ioredis';
import { encodeLimits } from './encode-limits.ts';
import { holderName } from './holder-name.ts';
import type { LimitBook } from './limit-book.ts';
import type { LimiterKeys } from './limiter-keys.ts';
import { loadScript } from './load-script.ts';
import type { PermitReplies, PermitStep, PermitStepReply } from './permit-batch.ts';
import { createPermitBatch } from './permit-batch.ts';
import type { ProcessIdentity } from './process-identity.ts';
import type { TokenCounts } from './provider-limiter.ts';
import type { ScriptCall, ScriptFailure, ScriptOutcome } from './run-script.ts';
import { runScript } from './run-script.ts';

const scripts = {
  permits: loadScript('permits'),
  lapseHolder: loadScript('lapse-holder'),
  renew: loadScript('renew'),
  publishLimits: loadScript('publish-limits'),
  learn: loadScript('learn'),
  dropClaim: loadScript('drop-claim'),
  queueTokens: loadScript('queue-tokens'),
  readState: loadScript('read-state'),
};

const NO_TOKENS: TokenCounts = { inputTokens: 0, outputTokens: 0 };

/** Permits asked for at once. */
export const MOST_APPLICATIONS = 32;
/** A slot may be granted this long before it comes: as `prelude.lua` has it. */
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
  /** By what others in the same place can see that this process is gone. @defaultValue null */
  identity?: ProcessIdentity | null;
}

/** A name of a lease in Redis, and the model and the key it counts for. */
export interface LeaseName {
  member: string;
  model: string;
  /** As {@link scopeNames} writes it. */
  key: string;
}

/** One who asks for a permit. */
export interface Application {
  lease: LeaseName;
  /** The keys of which it takes one; the grant tells which it is. @defaultValue the lease's */
  keyTokens?: readonly string[];
  estimate: TokenCounts;
  claimId: string;
}

export type AcquireOutcome =
  | { status: 'granted'; waitMs: number; grant: string }
  | { status: 'rate' | 'concurrency' | 'claim'; retryMs: number }
  /** Redis knows no limits: it is new, or has lost its data. */
  | { status: 'unknown' }
  /** One before it was refused. */
  | { status: 'behind' };

export type AcquireOutcomes =
  | {
      status: 'ok';
      /** One for each application. */
      outcomes: AcquireOutcome[];
      revision: string;
      nowMicroseconds: number;
      /** Other holders of leases in the place of this one, when some were missing. */
      neighbours: string[];
    }
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
  /** The name under which this process holds leases. */
  readonly holder: string;
  /** In this order, at most {@link MOST_APPLICATIONS}; those behind one that is refused take nothing. */
  acquire(applications: readonly Application[]): Promise<AcquireOutcomes>;
  release(lease: LeaseName, settlement: Settlement): Promise<ScriptOutcome>;
  /** `leases` is asked when they are sent: one that has been released meanwhile must not be put back. */
  renew(leases: () => readonly RenewableLease[]): Promise<RenewOutcome>;
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
  /** The leases of a holder that is gone lapse so much later. */
  lapseHolder(holder: string, afterMs: number): Promise<ScriptOutcome>;
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
  const send = (name: keyof typeof scripts, used: readonly (keyof LimiterKeys)[], args: ScriptCall['args']) =>
    runScript({ redis, timeoutMs, script: scripts[name], keys: used.map((key) => keys[key]), args });
  const holder = holderName(options.worker, options.identity ?? null);
  const head = [lease, renewEvery, holder, options.identity?.place ?? '', keys.channel];
  const permitKeys = ['limits', 'state', 'leases', 'grants', 'holders'] as const;
  const batch = createPermitBatch((steps) => send('permits', permitKeys, [...head, ...steps]));
  const run: typeof send = (...script) => {
    batch.flush();
    return send(...script);
  };

  return {
    holder,
    acquire(applications) {
      const steps = applications.map(
        ({ lease: { member, model, key }, keyTokens, estimate, claimId }, index) => {
          const { inputTokens, outputTokens } = estimate;
          const what = index === 0 ? 'acquire' : 'behind';
          const keyList = keyTokens?.join(',') ?? key;
          return [what, member, model, keyList, inputTokens, outputTokens, claimId] satisfies PermitStep;
        },
      );
      const { promise, resolve } = Promise.withResolvers<AcquireOutcomes>();
      batch.add(steps, (replies) => resolve('status' in replies ? replies : decodeAcquire(replies)));
      return promise;
    },
    release({ member, model, key }, settlement) {
      const { inputTokens, outputTokens } = 'actual' in settlement ? settlement.actual : NO_TOKENS;
      const step: PermitStep = [settlement.kind, member, model, key, inputTokens, outputTokens, ''];
      const { promise, resolve } = Promise.withResolvers<ScriptOutcome>();
      batch.add([step], (replies) => {
        resolve('status' in replies ? replies : { status: 'ok', reply: replies.steps[0]?.number ?? 0 });
      });
      return promise;
    },
    lapseHolder(gone, afterMs) {
      return run('lapseHolder', ['state', 'leases', 'grants'], [gone, afterMs * 1_000, renewEvery]);
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
      const args = () => [
        lease,
        renewEvery,
        ...leases().flatMap(({ member, grant }) => [member, grant ?? '']),
      ];
      const outcome = await run('renew', ['state', 'leases', 'grants', 'holders'], args);
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
      return run('readState', ['limits', 'state', 'leases', 'holders', 'queued'], [...scopes]);
    },
  };
}

function decodeAcquire({ steps, ...rest }: PermitReplies): AcquireOutcomes {
  return { status: 'ok', ...rest, outcomes: steps.map(decodeStep) };
}

function decodeStep({ status, number, grant }: PermitStepReply): AcquireOutcome {
  const milliseconds = Math.ceil(number / 1_000);
  switch (status) {
    case 'granted':
      return { status, waitMs: milliseconds, grant };
    case 'rate':
    case 'concurrency':
    case 'claim':
      return { status, retryMs: milliseconds };
    case 'behind':
      return { status };
    default:
      return { status: 'unknown' };
  }
}
