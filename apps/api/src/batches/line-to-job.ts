import { batchLineJobId, neverFits, type NewBatch, type NewJob } from '@sluice/broker';
import { ApiError, type JobSubmission } from '@sluice/contracts';
import { createNewJob, type JobCaller } from '../create-new-job.ts';
import { openTenant, type TenantStores } from '../tenant-handles.ts';
import type { BatchLine, LineFault } from './parse-batch-line.ts';

/** An ended line is kept at least until its batch's files are written. */
const LEAST_RESULT_TTL_MS = 48 * 3_600_000;

/** Whoever moves batches on acts for all tenants. */
export type LineToJobDeps = TenantStores & Parameters<typeof createNewJob>[1];

export type LineToJob = (
  line: BatchLine,
  number: number,
) => Promise<{ status: 'ok'; job: NewJob } | { status: 'faulty'; fault: LineFault }>;

/**
 * For a batch: the job of one of its lines, planned by the configuration in force; or why there can be none. What all
 * lines share is made once, as there may be 100,000.
 */
export function createLineToJob(
  batch: NewBatch,
  { caller, ...deps }: { caller: JobCaller } & Parameters<typeof createNewJob>[1],
): LineToJob {
  const deadline = new Date(batch.expiresAtMs).toISOString();

  const submissionOf = (line: BatchLine): JobSubmission => {
    const ttlMs = Math.max(deps.config().retention.result_ttl, LEAST_RESULT_TTL_MS);
    return {
      request: line.request,
      ...(batch.route === null ? {} : { route: batch.route }),
      ...(batch.chain === null ? {} : { chain: [...batch.chain] }),
      tier: line.tier ?? batch.tier,
      deadline,
      lane: batch.lane,
      on_refusal: 'fail',
      on_stream_failure: 'restart',
      metadata: line.metadata,
      tags: [...batch.tags],
      retention: {
        result_ttl: `${Math.ceil(ttlMs / 1_000)}s`,
        delete_after_delivery: false,
        drop_request: false,
      },
    } as JobSubmission;
  };

  return async (line, number) => {
    try {
      const job = await createNewJob(
        {
          id: batchLineJobId(batch.id, number),
          bodyHash: '',
          submission: submissionOf(line),
          caller,
          nowMs: Date.now(),
          warnings: line.warnings,
        },
        deps,
      );
      const over = job.keyLimits ? neverFits(job.estimatedTokens, job.keyLimits) : null;
      if (over) return { status: 'faulty', fault: tooLargeForKey(job, over) };
      return {
        status: 'ok',
        job: {
          ...job,
          batchId: batch.id,
          customId: line.customId,
          ...(line.responses ? { options: { ...job.options, responses: line.responses } } : {}),
        },
      };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { status: 'faulty', fault: faultOf(error) };
    }
  };
}

/** Whom the lines of a stored batch run for. */
export function callerOfBatch(batch: NewBatch, stores: TenantStores): JobCaller {
  return {
    ...openTenant(stores, batch),
    keyId: batch.keyId,
    limits: batch.limits ?? null,
    allow: batch.allow,
    webhookSecret: () => Promise.reject(new Error('the lines of a batch have no webhooks')),
  };
}

function faultOf({ code, message, param }: ApiError): LineFault {
  const isModel = code === 'unknown_model' || code === 'unknown_target';
  return {
    code: isModel ? 'model_not_found' : code,
    message,
    param: param?.replace(/^request(?=\.|$)/, 'body') ?? null,
  };
}

function tooLargeForKey(
  { estimatedTokens, keyLimits }: NewJob,
  quota: 'tokens_per_minute' | 'tokens_per_day',
): LineFault {
  const per = quota === 'tokens_per_day' ? 'UTC day' : 'minute';
  return {
    code: 'key_quota_exceeded',
    message: `The line needs about ${Math.ceil(estimatedTokens)} tokens, and its key may take ${keyLimits?.[quota]} a ${per}.`,
    param: null,
  };
}
