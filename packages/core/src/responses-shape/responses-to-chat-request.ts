import type { ChatRequest, Warning } from '@sluice/contracts';
import { inputToMessages } from './input-to-messages.ts';
import type { ResponsesRequest } from './responses-request.ts';

export type ChatFromResponses =
  | { status: 'ok'; request: ChatRequest; warnings: Warning[] }
  | { status: 'error'; message: string; param: string };

/** Values of `include` that mean something here; reasoning always comes with its encrypted content. */
const KNOWN_INCLUDES = new Set(['reasoning.encrypted_content', 'message.output_text.logprobs']);

/**
 * A Responses request as the canonical one. Builds a new object; the given one is not changed.
 * `before` is the conversation that `previous_response_id` stands for.
 */
export function responsesToChatRequest(
  body: ResponsesRequest,
  before: ChatRequest['messages'] | null = null,
): ChatFromResponses {
  const converted = inputToMessages(body.input);
  if (converted.status === 'error') return converted;
  if (body.previous_response_id && !before) {
    return { status: 'error', param: 'previous_response_id', message: 'works at POST /v1/responses only' };
  }
  const { instructions, reasoning, text, tool_choice: choice } = body;
  const logprobs = body.include?.includes('message.output_text.logprobs') || (body.top_logprobs ?? 0) > 0;
  const request: ChatRequest = {
    ...given({
      model: body.model,
      temperature: body.temperature,
      top_p: body.top_p,
      max_completion_tokens: body.max_output_tokens,
      parallel_tool_calls: body.parallel_tool_calls,
      reasoning_effort: reasoning?.effort,
      verbosity: text?.verbosity,
      user: body.user,
      safety_identifier: body.safety_identifier,
      prompt_cache_key: body.prompt_cache_key,
      prompt_cache_retention: body.prompt_cache_retention,
      service_tier: body.service_tier,
      metadata: body.metadata,
      stream: body.stream,
    }),
    ...(logprobs ? { logprobs: true, ...given({ top_logprobs: body.top_logprobs }) } : {}),
    ...(body.tools && body.tools.length > 0 ? { tools: body.tools.map(toTool) } : {}),
    ...(choice === undefined ? {} : { tool_choice: toToolChoice(choice) }),
    ...(text?.format ? { response_format: toResponseFormat(text.format) } : {}),
    messages: [
      ...(instructions ? [{ role: 'system' as const, content: instructions }] : []),
      ...(before ?? []),
      ...converted.messages,
    ],
  };
  return { status: 'ok', request, warnings: [...converted.warnings, ...describeDropped(body)] };
}

function toTool({ name, description, parameters, strict }: NonNullable<ResponsesRequest['tools']>[number]) {
  return { type: 'function' as const, function: { name, ...given({ description, parameters, strict }) } };
}

function toToolChoice(
  choice: NonNullable<ResponsesRequest['tool_choice']>,
): NonNullable<ChatRequest['tool_choice']> {
  if (typeof choice === 'string') return choice;
  if (choice.type === 'function') return { type: 'function', function: { name: choice.name } };
  const tools = choice.tools.map(({ name }) => ({ type: 'function' as const, function: { name } }));
  return { type: 'allowed_tools', allowed_tools: { mode: choice.mode, tools } };
}

function toResponseFormat(
  format: NonNullable<NonNullable<ResponsesRequest['text']>['format']>,
): NonNullable<ChatRequest['response_format']> {
  if (format.type !== 'json_schema') return format;
  const { name, schema, description, strict } = format;
  return { type: 'json_schema', json_schema: { name, schema, ...given({ description, strict }) } };
}

function describeDropped(body: ResponsesRequest): Warning[] {
  const dropped: [string, string][] = [];
  if (body.truncation === 'auto') dropped.push(['truncation', 'the input is never shortened']);
  if (body.max_tool_calls)
    dropped.push(['max_tool_calls', 'only tools that OpenAI runs itself are counted by it']);
  if (body.reasoning?.summary || body.reasoning?.generate_summary) {
    dropped.push(['reasoning.summary', 'what a model shows of its reasoning is always handed on']);
  }
  if ((body.reasoning?.context ?? 'auto') !== 'auto') {
    dropped.push(['reasoning.context', 'vendors get all of their own reasoning again that the input holds']);
  }
  if (asksForDetailOfFiles(body)) dropped.push(['input_file.detail', 'files have one level of detail']);
  for (const name of body.include ?? []) {
    if (!KNOWN_INCLUDES.has(name)) dropped.push(['include', `${name} is not made here`]);
  }
  return dropped.map(([param, why]) => ({
    code: 'parameter_dropped' as const,
    message: `${param} has no effect: ${why}.`,
    param,
  }));
}

function asksForDetailOfFiles({ input }: ResponsesRequest): boolean {
  if (typeof input === 'string') return false;
  return input.some((item) => {
    const parts = 'role' in item ? item.content : item.type === 'function_call_output' ? item.output : [];
    if (!Array.isArray(parts)) return false;
    return parts.some((part) => part.type === 'input_file' && (part.detail ?? 'auto') !== 'auto');
  });
}

type Given<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], null | undefined> };

/** The fields that were sent, and not as null. */
function given<Fields extends object>(fields: Fields): Given<Fields> {
  const sent = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(sent) as Given<Fields>;
}
