import type { JobRecord } from '@sluice/broker';
import { ApiError, jobSubmissionSchema, type JobSubmission } from '@sluice/contracts';

/**
 * The submission that makes the same job again: its route (planned anew, by the configuration in force) or its
 * chain, its options, and as much time as the first one was given.
 * @throws ApiError `invalid_request` when the request was dropped with `retention.drop_request`.
 */
export function toResubmission(job: JobRecord): JobSubmission {
  if (job.request === null) {
    throw new ApiError('invalid_request', 'The job did not keep its request (retention.drop_request).', {
      param: 'id',
    });
  }
  const { options } = job;
  return jobSubmissionSchema.parse({
    request: job.request,
    ...(job.route === null ? { chain: job.chain } : { route: job.route }),
    tier: job.tier,
    within: `${job.deadlineMs - job.createdAtMs}ms`,
    lane: options.lane,
    ...(options.webhook === null ? {} : { webhook: options.webhook }),
    webhook_thin: options.webhookThin ?? false,
    ...(job.task === null ? {} : { task: job.task }),
    ...options.filters,
    on_refusal: options.onRefusal,
    ...(options.validate ? { validate: toValidate(options.validate) } : {}),
    on_stream_failure: options.onStreamFailure,
    metadata: job.metadata,
    tags: job.tags,
    retention: {
      result_ttl: `${options.resultTtlMs}ms`,
      delete_after_delivery: options.deleteAfterDelivery,
      drop_request: options.dropRequest,
    },
  });
}

function toValidate({ maxFailures }: { maxFailures: number | null }): object {
  return { json_schema: true, ...(maxFailures === null ? {} : { max_failures: maxFailures }) };
}
