import type { ChatCompletion, ChatRequest, JsonSchema } from '@sluice/contracts';
import { runBounded } from './run-bounded.ts';
import { compileSchema } from './schema/compile-schema.ts';

export type AnswerCheck =
  | { status: 'valid' }
  /** `message` says what is wrong and where, without words of the answer. */
  | { status: 'invalid'; message: string }
  /** The schema can't be checked, or not in time. */
  | { status: 'undecided'; message: string };

const VALID: AnswerCheck = { status: 'valid' };
/**
 * For all that one answer holds; patterns and lists of unlike items can take for ever. By the clock on the wall, and a
 * busy machine needs some of it to compile a schema.
 */
const MAX_CHECK_MS = 1_000;

/**
 * Whether an answer keeps the JSON schemas of its request: the text that of `response_format`, the arguments of each
 * tool call that of its tool. Changes nothing, and takes a bounded time whatever schema and answer are.
 */
export function validateAnswer(
  request: ChatRequest,
  { choices }: Pick<ChatCompletion, 'choices'>,
): AnswerCheck {
  const untilMs = performance.now() + MAX_CHECK_MS;
  let undecided: AnswerCheck | null = null;
  for (const { index, message } of choices) {
    const where = choices.length === 1 ? 'The answer' : `Answer ${index}`;
    const calls = message.tool_calls ?? [];
    const checks = [
      ...calls.map((call) => () => checkCall(call.function, { request, where, untilMs })),
      ...(calls.length > 0 ? [] : [() => checkText(message.content ?? '', { request, where, untilMs })]),
    ];
    for (const check of checks) {
      const found = check();
      if (found.status === 'invalid') return found;
      if (found.status === 'undecided') undecided ??= found;
    }
  }
  return undecided ?? VALID;
}

interface CheckContext {
  request: ChatRequest;
  where: string;
  untilMs: number;
}

function checkText(text: string, { request, where, untilMs }: CheckContext): AnswerCheck {
  const { response_format: format } = request;
  if (!format || format.type === 'text') return VALID;
  const parsed = parse(text);
  if (parsed.status === 'no_json') return { status: 'invalid', message: `${where} is no JSON.` };
  if (format.type === 'json_object') {
    return isObject(parsed.value) ? VALID : { status: 'invalid', message: `${where} is no JSON object.` };
  }
  return checkValue(parsed.value, {
    schema: format.json_schema.schema,
    what: `${where} breaks its JSON schema`,
    untilMs,
  });
}

function checkCall(
  { name, arguments: text }: { name: string; arguments: string },
  { request, where, untilMs }: CheckContext,
): AnswerCheck {
  const tool = request.tools?.find(({ function: { name: known } }) => known === name);
  if (!tool) return { status: 'invalid', message: `${where} calls a tool that the request does not have.` };
  const parsed = parse(text === '' ? '{}' : text);
  if (parsed.status === 'no_json' || !isObject(parsed.value)) {
    return { status: 'invalid', message: `${where} calls "${name}" with arguments that are no JSON object.` };
  }
  return checkValue(parsed.value, {
    schema: tool.function.parameters,
    what: `${where} calls "${name}" with arguments that break their schema`,
    untilMs,
  });
}

function checkValue(
  value: unknown,
  { schema, what, untilMs }: { schema: JsonSchema | undefined; what: string; untilMs: number },
): AnswerCheck {
  if (schema === undefined) return VALID;
  const ran = runBounded(() => compileSchema(schema)(value), untilMs - performance.now());
  if (ran.status === 'timeout') {
    return {
      status: 'undecided',
      message: `The answer's schema could not be checked within ${MAX_CHECK_MS} ms.`,
    };
  }
  if (ran.status === 'failed') {
    return { status: 'undecided', message: `The answer's schema can't be checked: ${ran.message}` };
  }
  if (ran.value === null) return VALID;
  return { status: 'invalid', message: `${what} at ${ran.value.path}: ${ran.value.message}.` };
}

function parse(text: string): { status: 'ok'; value: unknown } | { status: 'no_json' } {
  try {
    return { status: 'ok', value: JSON.parse(text) as unknown };
  } catch {
    return { status: 'no_json' };
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
