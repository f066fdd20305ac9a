import { batchLineJobId, type BatchRecord, type JobRecord } from '@sluice/broker';
import { toAnthropicMessage, toResponse } from '@sluice/core';
import { completionId } from '../front-door/completion-id.ts';
import { jobErrorAnswer } from '../front-door/job-error-answer.ts';
import { responseFacts } from '../front-door/response-facts.ts';
import { anthropicErrorType } from './anthropic-error-type.ts';

/** One line of a batch that has ended: its job, or why there was none. */
export interface EndedLine {
  number: number;
  job: JobRecord | null;
  /** As `queueLines` keeps it. */
  refusal: { code: string; message: string; param: string | null; custom_id: string | null } | null;
}

/** What is written of a line. `answered`: into the output file; else into the error file. */
export interface ResultLine {
  answered: boolean;
  text: string;
}

const EXPIRED = {
  code: 'batch_expired',
  message: 'This request could not be executed before the completion window expired.',
};
const CANCELLED = {
  code: 'batch_cancelled',
  message: 'This request was not executed: the batch was cancelled.',
};
const GONE = { code: 'result_not_available', message: 'The job of this request was deleted.' };

/** A line's result in the form of the batch's dialect. `customId` is known from the input where the job is gone. */
export function resultLine(
  batch: BatchRecord,
  line: EndedLine,
  options: { baseUrl: string; customId: string | null },
): ResultLine {
  return batch.dialect === 'anthropic'
    ? anthropicLine(batch, line, options)
    : openAiLine(batch, line, options);
}

/** Source: OpenAI API reference, "The request output object". */
function openAiLine(
  batch: BatchRecord,
  { number, job, refusal }: EndedLine,
  { baseUrl, customId }: { baseUrl: string; customId: string | null },
): ResultLine {
  const id = batchLineJobId(batch.id, number);
  const line = (response: object | null, error: object | null): string =>
    JSON.stringify({
      id: `batch_req_${id.slice('job_'.length)}`,
      custom_id: job?.customId ?? refusal?.custom_id ?? customId,
      response,
      error,
    });
  if (job?.result) {
    const facts = batch.endpoint === '/v1/responses' ? responseFacts(job) : null;
    const body = facts ? toResponse(facts) : { ...job.result, id: completionId(id) };
    return { answered: true, text: line({ status_code: 200, request_id: id, body }, null) };
  }
  if (job?.status === 'failed') {
    const { status, body } = jobErrorAnswer(job, { requestId: id, baseUrl });
    return { answered: false, text: line({ status_code: status, request_id: id, body }, null) };
  }
  if (refusal) {
    const { code, message, param } = refusal;
    const body = { error: { message, type: 'invalid_request_error', param, code } };
    return { answered: false, text: line({ status_code: 400, request_id: id, body }, null) };
  }
  return { answered: false, text: line(null, endOf(batch, job)) };
}

/** Source: @anthropic-ai/sdk 1.11, `MessageBatchIndividualResponse`. */
function anthropicLine(
  batch: BatchRecord,
  { number, job, refusal }: EndedLine,
  { baseUrl, customId }: { baseUrl: string; customId: string | null },
): ResultLine {
  const id = batchLineJobId(batch.id, number);
  const line = (result: object): string =>
    JSON.stringify({ custom_id: job?.customId ?? refusal?.custom_id ?? customId, result });
  const errored = (type: string, message: string): ResultLine => ({
    answered: true,
    text: line({
      type: 'errored',
      error: { type: 'error', error: { type, message }, request_id: id },
    }),
  });
  if (job?.result) {
    const message = toAnthropicMessage(
      { ...job.result, id: `msg_${id.slice('job_'.length)}` },
      { ...(job.usage ? { usage: job.usage } : {}), isBatch: true },
    );
    return { answered: true, text: line({ type: 'succeeded', message }) };
  }
  if (job?.status === 'failed') {
    const { status, body } = jobErrorAnswer(job, { requestId: id, baseUrl });
    return errored(anthropicErrorType(status), body.error.message);
  }
  if (refusal) return errored('invalid_request_error', refusal.message);
  const { code, message } = endOf(batch, job);
  if (code === GONE.code) return errored('not_found_error', message);
  return { answered: true, text: line({ type: code === EXPIRED.code ? 'expired' : 'canceled' }) };
}

function endOf(batch: BatchRecord, job: JobRecord | null): { code: string; message: string } {
  if (job?.status === 'expired') return EXPIRED;
  if (job?.status === 'cancelled') return CANCELLED;
  // No job was made of the line before the batch ended, or the job was erased.
  if (batch.cancelled > 0) return CANCELLED;
  return batch.expired > 0 ? EXPIRED : GONE;
}
