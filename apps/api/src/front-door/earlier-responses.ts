import type { JobRecord } from '@sluice/broker';
import { ApiError, type ChatRequest } from '@sluice/contracts';
import {
  inputToMessages,
  jobIdOfItem,
  jobIdOfResponse,
  responseOutput,
  type OutputItem,
  type ResponsesRequest,
} from '@sluice/core';
import type { Caller } from '../caller.ts';
import { hasScope } from '../has-scope.ts';

export interface EarlierResponses {
  /** The request's input with each `item_reference` replaced by its item. */
  input: ResponsesRequest['input'];
  /** The conversation that `previous_response_id` goes on with, its answer included; null without one. */
  before: ChatRequest['messages'] | null;
}

/** Different responses that one request may take items from. */
const MAX_RESPONSES = 256;

/**
 * What a request names of the caller's earlier responses, by `previous_response_id` and by `item_reference`. The
 * instructions of the previous response are not carried over. An answer may repeat what it goes on with, so the caller
 * needs the scope to read it.
 * @throws ApiError `not_allowed` without that scope; `invalid_request` for what is not kept, was not a response or has
 * not completed, and for more than `maxBytes`.
 */
export async function readEarlierResponses(
  { input, previous_response_id: previous }: ResponsesRequest,
  { jobs, scopes }: Pick<Caller, 'jobs' | 'scopes'>,
  maxBytes: number,
): Promise<EarlierResponses> {
  let bytes = 0;
  const count = (value: unknown): void => {
    bytes += Buffer.byteLength(JSON.stringify(value));
    if (bytes > maxBytes)
      throw unusable('input', `is larger than ${maxBytes} bytes with all that it refers to`);
  };
  const find = async (jobId: string | null): Promise<JobRecord | null> => {
    if (!hasScope({ scopes }, 'jobs:read'))
      throw new ApiError(
        'not_allowed',
        'To go on after an earlier response takes a key with the scope jobs:read.',
      );
    return jobId === null ? null : jobs.get(jobId);
  };
  const before = previous ? conversationOf(await find(jobIdOfResponse(previous)), previous) : null;
  if (before) count(before);
  if (typeof input === 'string') return { input, before };
  const read = new Map<string | null, ReadonlyMap<string, OutputItem>>();
  const resolved: ResponsesRequest['input'] = [];
  for (const [index, item] of input.entries()) {
    if ('role' in item || (item.type !== 'item_reference' && item.type !== undefined)) {
      resolved.push(item);
      continue;
    }
    const { id } = item;
    const jobId = jobIdOfItem(id);
    const items = read.get(jobId) ?? itemsOf(await find(jobId));
    read.set(jobId, items);
    if (read.size > MAX_RESPONSES)
      throw unusable('input', `may take items from at most ${MAX_RESPONSES} responses`);
    const found = items.get(id);
    if (!found) throw unusable(`input.${index}.id`, `names no item that is kept: ${id.slice(0, 80)}`);
    count(found);
    resolved.push(found);
  }
  return { input: resolved, before };
}

function itemsOf(job: JobRecord | null): ReadonlyMap<string, OutputItem> {
  if (!job?.options.responses || !job.result) return new Map();
  return new Map(responseOutput(job.result, job.id).map((item) => [item.id, item]));
}

function conversationOf(job: JobRecord | null, id: string): ChatRequest['messages'] {
  const param = 'previous_response_id';
  if (!job?.options.responses) throw unusable(param, `names no response that is kept: ${id.slice(0, 80)}`);
  const { result, request, options } = job;
  if (!result) throw unusable(param, `names a response that has not completed: ${id.slice(0, 80)}`);
  if (!request) throw unusable(param, 'names a response whose input was not kept (store: false)');
  const answer = inputToMessages(responseOutput(result, job.id));
  const asked = options.responses?.instructions ? request.messages.slice(1) : request.messages;
  return answer.status === 'ok' ? [...asked, ...answer.messages] : asked;
}

function unusable(param: string, why: string): ApiError {
  return new ApiError('invalid_request', `${param} ${why}.`, { param });
}
