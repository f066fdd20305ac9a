import type { ChatCompletion, ChatRequest, JobStatus, Tier } from '@sluice/contracts';
import { responseOutput, type OutputItem } from './response-output.ts';

/** What a response is made from: a job that came as `POST /v1/responses`. */
export interface ResponseFacts {
  jobId: string;
  status: JobStatus;
  createdAtMs: number;
  finishedAtMs: number | null;
  tier: Tier;
  background: boolean;
  instructions: string | null;
  previousResponseId: string | null;
  /** Null when the job did not keep it. */
  request: ChatRequest | null;
  metadata: Readonly<Record<string, string>>;
  /** The target that is next, running, or has answered. */
  target: string;
  result: ChatCompletion | null;
  error: { code: string; message: string } | null;
}

export type ResponseObject = ReturnType<typeof toResponse>;

export function responseId(jobId: string): string {
  return `resp_${jobId.replace(/^job_/, '')}`;
}

/** Null when it is no id of a response. */
export function jobIdOfResponse(id: string): string | null {
  return id.startsWith('resp_') ? `job_${id.slice('resp_'.length)}` : null;
}

/**
 * A job as OpenAI's Response object. `output` overrides what the result holds, for streams.
 * Source: OpenAI API reference, "The response object".
 */
export function toResponse(facts: ResponseFacts, output?: readonly OutputItem[]) {
  const { jobId, request, result, error } = facts;
  const finish = result?.choices[0]?.finish_reason;
  const cut = finish === 'length' ? 'max_output_tokens' : finish === 'content_filter' ? finish : null;
  const { usage } = result ?? { usage: null };
  const format = request?.response_format;
  return {
    id: responseId(jobId),
    object: 'response' as const,
    created_at: Math.floor(facts.createdAtMs / 1_000),
    completed_at: facts.finishedAtMs === null ? null : Math.floor(facts.finishedAtMs / 1_000),
    status: responseStatus(facts.status, cut),
    background: facts.background,
    error:
      facts.status === 'completed' || !error ? null : { code: errorCode(error.code), message: error.message },
    incomplete_details: facts.status === 'completed' && cut ? { reason: cut } : null,
    instructions: facts.instructions,
    max_output_tokens: request?.max_completion_tokens ?? null,
    max_tool_calls: null,
    metadata: { ...facts.metadata },
    model: result?.model ?? request?.model ?? facts.target,
    output: [...(output ?? (result ? responseOutput(result, jobId) : []))],
    parallel_tool_calls: request?.parallel_tool_calls ?? true,
    previous_response_id: facts.previousResponseId,
    prompt_cache_key: request?.prompt_cache_key ?? null,
    reasoning: { effort: request?.reasoning_effort ?? null, summary: null },
    safety_identifier: request?.safety_identifier ?? null,
    service_tier: facts.tier === 'standard' ? 'default' : facts.tier,
    store: true,
    temperature: request?.temperature ?? null,
    text: {
      format:
        format?.type === 'json_schema'
          ? { type: 'json_schema' as const, ...format.json_schema }
          : (format ?? { type: 'text' as const }),
      verbosity: request?.verbosity ?? null,
    },
    tool_choice: toToolChoice(request?.tool_choice),
    tools: (request?.tools ?? []).map(({ function: { name, description, parameters, strict } }) => ({
      type: 'function' as const,
      name,
      description: description ?? null,
      parameters: parameters ?? null,
      strict: strict ?? null,
    })),
    top_logprobs: request?.top_logprobs ?? 0,
    top_p: request?.top_p ?? null,
    truncation: 'disabled' as const,
    usage: usage && {
      input_tokens: usage.prompt_tokens,
      input_tokens_details: { cached_tokens: usage.prompt_tokens_details.cached_tokens },
      output_tokens: usage.completion_tokens,
      output_tokens_details: { reasoning_tokens: usage.completion_tokens_details.reasoning_tokens },
      total_tokens: usage.total_tokens,
    },
    user: request?.user ?? null,
  };
}

function responseStatus(status: JobStatus, cut: string | null) {
  switch (status) {
    case 'queued':
    case 'in_progress':
    case 'cancelled':
    case 'failed':
      return status;
    case 'expired':
      return 'failed';
    case 'completed':
      return cut === null ? 'completed' : 'incomplete';
  }
}

/** Of OpenAI's codes the nearest; the message says more. */
function errorCode(code: string): string {
  switch (code) {
    case 'rate_limited':
      return 'rate_limit_exceeded';
    case 'invalid_request':
    case 'context_window':
    case 'content_filter':
    case 'no_eligible_target':
      return 'invalid_prompt';
    default:
      return 'server_error';
  }
}

function toToolChoice(choice: ChatRequest['tool_choice']) {
  if (choice === undefined || typeof choice === 'string') return choice ?? 'auto';
  if (choice.type === 'function') return { type: 'function' as const, name: choice.function.name };
  const { mode, tools } = choice.allowed_tools;
  return {
    type: 'allowed_tools' as const,
    mode,
    tools: tools.map(({ function: { name } }) => ({ type: 'function' as const, name })),
  };
}
