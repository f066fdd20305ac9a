import type {
  ApiKeyAllow,
  ApiKeyLimits,
  BatchError,
  BatchEventType,
  BatchStatus,
  JobSubmission,
  Target,
  Tier,
} from '@sluice/contracts';

/** Whose form a batch came in, and its results go out in. */
export type BatchDialect = 'openai' | 'anthropic';

/** As a job's: a URL and a secret that was resolved when the batch was created, or an endpoint. */
export type BatchWebhook = { events: readonly BatchEventType[] } & (
  | { url: string; secret: string; endpoint?: never }
  | { endpoint: string; url?: never; secret?: never }
);

/** What never changes about a batch. Times are milliseconds of the API's clock. */
export interface NewBatch {
  id: string;
  tenant: string;
  keyId: string;
  /** What the key's jobs may use; null: all. */
  allow: ApiKeyAllow | null;
  /** What its key could take when it was created; absent in batches of releases without it. */
  limits?: ApiKeyLimits | null;
  dialect: BatchDialect;
  /** What each line's `url` has to be. */
  endpoint: '/v1/chat/completions' | '/v1/responses' | '/v1/messages';
  inputFileId: string;
  completionWindow: string;
  createdAtMs: number;
  /** Deadline of every line. */
  expiresAtMs: number;
  /** Null: as long as other files. */
  outputExpiresAfterSeconds: number | null;
  tier: Tier;
  lane: JobSubmission['lane'];
  route: string | null;
  chain: readonly Target[] | null;
  metadata: Readonly<Record<string, string>> | null;
  tags: readonly string[];
  webhook: BatchWebhook | null;
  retriedFrom: string | null;
}

/** The truth about a batch: one Redis hash. Times are milliseconds of Redis' clock but for those of `NewBatch`. */
export interface BatchRecord extends NewBatch {
  v: 1;
  status: BatchStatus;
  /** 0 until the input has been checked. */
  total: number;
  completed: number;
  /** All that ended without an answer, the expired and cancelled ones included. */
  failed: number;
  expired: number;
  cancelled: number;
  /** Lines that have been queued, and bytes of the input up to there. */
  cursorLine: number;
  cursorByte: number;
  allQueued: boolean;
  /** The model that all lines name. */
  model: string | null;
  errors: readonly BatchError[] | null;
  outputFileId: string | null;
  errorFileId: string | null;
  /** By status, when it was reached. */
  at: Readonly<Partial<Record<BatchStatus, number>>>;
  usage: { input: number; cached: number; output: number; reasoning: number };
  costUsd: number | null;
}
