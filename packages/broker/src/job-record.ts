import type {
  ApiKeyLimits,
  Attempt,
  ChatCompletion,
  ChatRequest,
  JobError,
  JobStatus,
  Lane,
  Target,
  Tier,
  Usage,
  Warning,
} from '@sluice/contracts';
import type { ForcedPolicy, TargetFilters } from '@sluice/core';

/** Who has to move the job on; null when it has ended and its outbox is flushed. */
export type JobOwner = 'backlog' | 'ticket' | 'collecting' | 'provider_batch' | 'outbox';

/** Where the job itself wants its events: at a URL, signed with a secret resolved at submit, or at an endpoint. */
export type JobWebhook = { events: readonly string[] } & (
  | { url: string; secret: string; endpoint?: never }
  | { endpoint: string; url?: never; secret?: never }
);

export interface JobOptions {
  /** What the caller asked for; `lane` of the record is what was chosen. */
  lane: 'auto' | Lane;
  onRefusal: 'fail' | 'next';
  onStreamFailure: 'restart' | 'fail';
  webhook: JobWebhook | null;
  /** Events that are not its end and that endpoints of its tenant asked for when it was submitted. Absent: none. */
  endpointEvents?: readonly string[];
  /** Its webhooks carry ids only. Absent: they do not. */
  webhookThin?: true;
  resultTtlMs: number;
  deleteAfterDelivery: boolean;
  dropRequest: boolean;
  /** Walks of the chain before the job fails. */
  rounds: number;
  /** What the job asks of its targets, and what its key forces on it; absent: nothing. Checked before every attempt. */
  filters?: TargetFilters;
  forced?: ForcedPolicy;
  /** Calls of its key at once; absent: no cap. */
  maxRunningOfKey?: number;
  /** Counts against its key's quotas, and is settled there when it has ended. */
  countsForKey?: true;
  /** An answer has to keep the JSON schemas of the request. Absent: it has not. */
  validate?: { maxFailures: number | null };
  /** False: it waits for its own target while that is limited. Absent: it may go on at another. */
  spill?: boolean;
  /** Of a job that came as `POST /v1/responses`: what the canonical request can't hold. */
  responses?: ResponsesOptions;
}

export interface ResponsesOptions {
  background: boolean;
  instructions: string | null;
  /** The response that it goes on after; absent: none. */
  previousResponseId?: string;
}

/**
 * The truth about a job: one Redis hash. Times are milliseconds of Redis' clock, except `createdAtMs` and
 * `deadlineMs`, which the API sets.
 */
export interface JobRecord {
  /** Version of the stored form. */
  v: 1;
  id: string;
  tenant: string;
  keyId: string;
  status: JobStatus;
  tier: Tier;
  lane: Lane;
  route: string | null;
  chain: readonly Target[];
  /** null once `retention.drop_request` has removed it. */
  request: ChatRequest | null;
  options: JobOptions;
  task: string | null;
  metadata: Readonly<Record<string, string>>;
  tags: readonly string[];
  decision: { strategy: string; [detail: string]: unknown } | null;
  batchId: string | null;
  customId: string | null;
  retriedFrom: string | null;
  /** Tokens that one attempt is expected to take, for fairness and limits. */
  estimatedTokens: number;
  createdAtMs: number;
  deadlineMs: number;
  startedAtMs: number | null;
  finishedAtMs: number | null;
  /** Raised by every transition that queues the job; a ticket of another turn is stale. */
  turn: number;
  owner: JobOwner | null;
  /** Name of the run that has it, of owner `provider_batch`. */
  run: string | null;
  /** Number of the attempt of each run that the job was ever a line of. */
  runs: Readonly<Record<string, number>>;
  /** An attempt in a provider's batch that was not waited for and may still bring a result; 0 for none. */
  hedged: number;
  /** Index into `chain` of the target that is next or running. */
  targetIndex: number;
  /** Walk of the chain, from 1. */
  round: number;
  /** Number of the first attempt of this round. */
  roundFirstAttempt: number;
  /** Not to be started before. */
  readyAtMs: number;
  /** Number of the attempt that is running; 0 when none is. */
  openAttempt: number;
  /** Text of the current attempt, or of one that was lost, has been streamed to readers. */
  streamed: boolean;
  attempts: readonly Attempt[];
  result: ChatCompletion | null;
  error: JobError | null;
  warnings: readonly Warning[];
  /** Sum over all attempts; null before the first that reported any. */
  usage: Usage | null;
  costUsd: number | null;
}

/** Everything about a job that never changes, but its request. */
export type FixedJob = Pick<
  JobRecord,
  | 'id'
  | 'tenant'
  | 'keyId'
  | 'tier'
  | 'lane'
  | 'route'
  | 'chain'
  | 'options'
  | 'task'
  | 'metadata'
  | 'tags'
  | 'decision'
  | 'batchId'
  | 'customId'
  | 'retriedFrom'
  | 'estimatedTokens'
  | 'createdAtMs'
  | 'deadlineMs'
>;

/** What the API hands over; the broker adds state. */
export type NewJob = FixedJob & {
  warnings: JobRecord['warnings'];
  request: ChatRequest;
  /** Where in its chain it begins. @defaultValue 0 */
  targetIndex?: number;
  /** SHA-256 of the submission as it was sent, hex; compared when an Idempotency-Key comes again. */
  bodyHash: string;
  /** Jobs that the tenant may have open; above it the job is not taken. @defaultValue no cap */
  maxOpenJobs?: number;
  /** What its key may take; checked before the job is stored. @defaultValue nothing is counted */
  keyLimits?: ApiKeyLimits;
  /** The id was drawn at random, so no job can exist under it: stored in one round trip. @defaultValue false */
  idIsNew?: boolean;
  /** A {@link ReplyChannel}'s address, to which the ended record or each event is published too. */
  replyTo?: { address: string; of: 'end' | 'events' };
};
