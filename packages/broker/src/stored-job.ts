import {
  addUsage,
  type Attempt,
  type ChatCompletion,
  type ChatRequest,
  type JobError,
  type JobStatus,
  type Lane,
  type Usage,
  type Warning,
} from '@sluice/contracts';
import type { Vault } from '@sluice/vault';
import type { FixedJob, JobOwner, JobRecord, NewJob } from './job-record.ts';

/** One JSON field of a job's hash. */
type Fixed = FixedJob & Pick<JobRecord, 'v'>;

/** The hash fields that the `create` script is given; it adds the state itself. */
export function encodeNewJob(job: NewJob, vault: Vault): string[] {
  const {
    request,
    bodyHash: _hash,
    idIsNew: _isNew,
    maxOpenJobs: _cap,
    keyLimits: _limits,
    targetIndex = 0,
    replyTo,
    warnings,
    ...fixed
  } = job;
  const { webhook, endpointEvents = [] } = job.options;
  const events = [...new Set([...(webhook?.events ?? []), ...endpointEvents])];
  return [
    ['id', job.id],
    ['tenant', job.tenant],
    ['deadline', String(job.deadlineMs)],
    ['fixed', JSON.stringify({ v: 1, ...fixed, options: sealSecret(job, vault) } satisfies Fixed)],
    ['request', vault.seal(JSON.stringify(request), `${job.id}/request`)],
    ...(warnings.length > 0 ? [['warnings', JSON.stringify(warnings)]] : []),
    ...(job.lane === 'live' ? [] : [['lane', job.lane]]),
    ...(job.lane === 'batch' ? [['owner', 'collecting' satisfies JobOwner]] : []),
    ...(targetIndex > 0 ? [['target_index', String(targetIndex)]] : []),
    ...(replyTo ? [[replyTo.of === 'end' ? 'reply' : 'reply_events', replyTo.address]] : []),
    ...(events.length > 0 ? [['wh', `,${events.join(',')},`]] : []),
  ].flat() as string[];
}

/** A job from its hash; null when there is none. */
export function decodeJob(hash: Readonly<Record<string, string>>, vault: Vault): JobRecord | null {
  if (!hash['fixed']) return null;
  const fixed = openSecret(JSON.parse(hash['fixed']) as Fixed, vault);
  const sealed = (field: string): string | undefined =>
    hash[field] === undefined ? undefined : vault.open(hash[field], `${fixed.id}/${field}`);
  const lane = (hash['lane'] as Lane | undefined) ?? fixed.lane;
  const attempts = decodeAttempts(hash, fixed.lane);
  const paid = attempts.filter((attempt) => attempt.usage !== null);
  return {
    ...fixed,
    lane,
    status: hash['status'] as JobStatus,
    request: parseField<ChatRequest>(sealed('request')),
    startedAtMs: numberField(hash['started']),
    finishedAtMs: numberField(hash['finished']),
    turn: Number(hash['turn']),
    owner: (hash['owner'] || null) as JobOwner | null,
    run: hash['run'] || null,
    runs: decodeRuns(hash),
    hedged: Number(hash['hedged'] ?? 0),
    targetIndex: Number(hash['target_index']),
    round: Number(hash['round']),
    roundFirstAttempt: Number(hash['round_first']),
    readyAtMs: Number(hash['ready_at']),
    openAttempt: Number(hash['open']),
    streamed: hash['deltas'] === '1',
    attempts,
    result: parseField<ChatCompletion>(sealed('result')),
    error: parseField<JobError>(hash['error']),
    warnings: parseField<Warning[]>(hash['warnings']) ?? [],
    usage: paid.length > 0 ? paid.map((attempt) => attempt.usage as Usage).reduce(addUsage) : null,
    costUsd: paid.length > 0 ? paid.reduce((sum, attempt) => sum + (attempt.cost_usd ?? 0), 0) : null,
  };
}

function decodeRuns(hash: Readonly<Record<string, string>>): Record<string, number> {
  const fields = Object.entries(hash).filter(([field]) => field.startsWith('run:'));
  return Object.fromEntries(fields.map(([field, attempt]) => [field.slice(4), Number(attempt)]));
}

function secretPlace({ id }: { id: string }): string {
  return `${id}/webhook_secret`;
}

function sealSecret(job: Pick<NewJob, 'id' | 'options'>, vault: Vault): NewJob['options'] {
  const { webhook } = job.options;
  if (!webhook?.secret || !vault.seals) return job.options;
  return { ...job.options, webhook: { ...webhook, secret: vault.seal(webhook.secret, secretPlace(job)) } };
}

function openSecret(fixed: Fixed, vault: Vault): Fixed {
  const { webhook } = fixed.options;
  if (!webhook?.secret) return fixed;
  const secret = vault.open(webhook.secret, secretPlace(fixed));
  return { ...fixed, options: { ...fixed.options, webhook: { ...webhook, secret } } };
}

/**
 * An attempt is stored as JSON members in three fields: `a:n` its start, `z:n` its end, and `late:n` what a worker
 * reported that had lost the fence by then: its usage still counts, its outcome does not.
 */
function decodeAttempts(hash: Readonly<Record<string, string>>, lane: JobRecord['lane']): Attempt[] {
  const count = Number(hash['n'] ?? 0);
  const attempts: Attempt[] = [];
  for (let n = 1; n <= count; n += 1) {
    const late = members<Partial<Attempt>>(hash[`late:${n}`]);
    attempts.push({
      ...UNFINISHED,
      lane,
      ...members<Pick<Attempt, 'n' | 'target' | 'provider_key' | 'started_at' | 'queue_wait_ms'>>(
        hash[`a:${n}`],
      ),
      ...members<Partial<Attempt>>(hash[`z:${n}`]),
      ...(late.usage
        ? { usage: late.usage, cost_usd: late.cost_usd ?? null, price_version: late.price_version ?? null }
        : {}),
    });
  }
  return attempts;
}

/** Every member in the order of the contract; the stored ones go over it. */
const UNFINISHED: Attempt = {
  n: 0,
  target: '',
  provider_key: '',
  region: null,
  lane: 'live',
  status: 'running',
  started_at: '',
  finished_at: null,
  queue_wait_ms: 0,
  first_token_ms: null,
  latency_ms: null,
  error: null,
  usage: null,
  cost_usd: null,
  price_version: null,
  template_version: null,
};

/** JSON members as the scripts take them: an object's text without its braces. */
export function toMembers(value: object): string {
  return JSON.stringify(value).slice(1, -1);
}

function members<Value>(text: string | undefined): Value {
  return JSON.parse(`{${text ?? ''}}`) as Value;
}

function parseField<Value>(text: string | undefined): Value | null {
  return text === undefined ? null : (JSON.parse(text) as Value);
}

function numberField(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}
