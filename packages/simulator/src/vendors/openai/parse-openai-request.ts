import { isObject } from '../is-object.ts';
import type { ParsedChat, WireContext } from '../vendor-wire.ts';
import { checkReasoningModel } from './check-reasoning-model.ts';
import { OpenaiInvalid } from './openai-invalid.ts';
import { OPENAI_REQUEST_FIELDS } from './openai-request-fields.ts';
import { openaiCachePlan } from './openai-cache-plan.ts';
import { readOpenaiMessages } from './read-openai-messages.ts';
import { readOpenaiNumber } from './read-openai-number.ts';
import { readOpenaiOptions } from './read-openai-options.ts';
import { readOpenaiOutput } from './read-openai-output.ts';
import { readOpenaiReasoning } from './read-openai-reasoning.ts';
import { readOpenaiTools } from './read-openai-tools.ts';

const MAX_STOP_SEQUENCES = 4;

function readStop(stop: unknown): string[] {
  if (stop === undefined || stop === null) return [];
  if (typeof stop === 'string') return [stop];
  if (!Array.isArray(stop) || !stop.every((sequence) => typeof sequence === 'string')) {
    throw new OpenaiInvalid("Invalid type for 'stop': expected one of a string or array of strings.", {
      param: 'stop',
      code: 'invalid_type',
    });
  }
  if (stop.length > MAX_STOP_SEQUENCES) {
    throw new OpenaiInvalid(
      `Invalid 'stop': array too long. Expected an array with maximum length ${MAX_STOP_SEQUENCES}, but got an array with length ${stop.length} instead.`,
      { param: 'stop', code: 'array_above_max_length' },
    );
  }
  return stop;
}

function readMaxTokens(body: Record<string, unknown>, { maxOutputTokens }: WireContext): number | null {
  for (const param of ['max_completion_tokens', 'max_tokens']) {
    const value = readOpenaiNumber(body, param, { min: 1, max: Infinity, integer: true });
    if (value === null) continue;
    if (value > maxOutputTokens) {
      throw new OpenaiInvalid(
        `${param} is too large: ${value}. This model supports at most ${maxOutputTokens} completion tokens, whereas you provided ${value}.`,
        { param, code: 'invalid_value' },
      );
    }
    return value;
  }
  return null;
}

function checkFields(body: Record<string, unknown>, model: string): void {
  const extra = Object.keys(body).find((field) => !OPENAI_REQUEST_FIELDS.has(field));
  if (extra) {
    throw new OpenaiInvalid(`Unknown parameter: '${extra}'.`, { param: extra, code: 'unknown_parameter' });
  }
  if (body['max_tokens'] !== undefined && body['max_completion_tokens'] !== undefined) {
    throw new OpenaiInvalid(
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      { param: 'max_tokens', code: 'invalid_parameter_combination' },
    );
  }
  checkReasoningModel(model, body);
}

function readStreamOptions(body: Record<string, unknown>): boolean {
  const options = body['stream_options'];
  if (options === undefined || options === null) return false;
  if (body['stream'] !== true) {
    throw new OpenaiInvalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", {
      param: 'stream_options',
      code: null,
    });
  }
  return isObject(options) && options['include_usage'] === true;
}

/**
 * Reads a chat-completions request as strictly as OpenAI; `lenient` as OpenAI-compatible servers do, which ignore
 * fields they don't know.
 */
export function parseOpenaiRequest(
  body: unknown,
  context: WireContext,
  { lenient }: { lenient: boolean },
): ParsedChat {
  try {
    if (!isObject(body)) {
      throw new OpenaiInvalid('Invalid type for request body: expected an object.', {
        param: null,
        code: null,
      });
    }
    const model = body['model'];
    if (typeof model !== 'string' || model === '') {
      throw new OpenaiInvalid('you must provide a model parameter', { param: null, code: null });
    }
    const turns = readOpenaiMessages(body['messages'], { model, lenient });
    if (!lenient) checkFields(body, model);
    const tools = readOpenaiTools(body, { lenient });
    const chat = {
      model,
      turns,
      ...tools,
      ...readOpenaiOutput(body, { turns, lenient }),
      ...readOpenaiReasoning(body, { model, lenient }),
      ...readOpenaiOptions(body, { model, lenient }),
      maxOutputTokens: readMaxTokens(body, context),
      stopSequences: readStop(body['stop']),
      stream: body['stream'] === true,
      includeUsage: readStreamOptions(body),
      ...(lenient ? {} : { cache: openaiCachePlan(body, { model, turns, ...tools }) }),
    };
    return { status: 'ok', chat };
  } catch (error) {
    if (error instanceof OpenaiInvalid) return { status: 'refused', answer: error.answer };
    throw error;
  }
}
