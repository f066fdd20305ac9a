import { isObject } from '../is-object.ts';
import type { ParsedChat, SimulatedChat, WireContext } from '../vendor-wire.ts';
import { anthropicErrorBody } from './anthropic-error-body.ts';
import { AnthropicInvalid } from './anthropic-invalid.ts';
import { checkAnthropicSampling } from './check-anthropic-sampling.ts';
import { readAnthropicContent } from './read-anthropic-content.ts';
import { readAnthropicTurns } from './read-anthropic-turns.ts';

/** API versions that the header may name. */
const VERSIONS = ['2023-01-01', '2023-06-01', '2026-10-21'];

/** Fields of a messages request. Source: @anthropic-ai/sdk 1.11 `MessageCreateParams`, and the sampling ones. */
const REQUEST_FIELDS = new Set([
  'max_tokens',
  'messages',
  'model',
  'cache_control',
  'container',
  'diagnostics',
  'inference_geo',
  'metadata',
  'output_config',
  'service_tier',
  'speed',
  'stop_sequences',
  'stream',
  'system',
  'temperature',
  'thinking',
  'tool_choice',
  'tools',
  'top_k',
  'top_p',
]);

function readMaxTokens(value: unknown, { model, maxOutputTokens }: WireContext): number {
  if (value === undefined) throw new AnthropicInvalid('max_tokens: Field required');
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new AnthropicInvalid('max_tokens: Input should be a valid integer');
  }
  if (value < 1) throw new AnthropicInvalid('max_tokens: Input should be greater than or equal to 1');
  if (value > maxOutputTokens) {
    throw new AnthropicInvalid(
      `max_tokens: ${value} > ${maxOutputTokens}, which is the maximum allowed number of output tokens for ${model}`,
    );
  }
  return value;
}

function readStopSequences(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new AnthropicInvalid('stop_sequences: Input should be a valid list');
  return value.map((sequence: unknown, index) => {
    if (typeof sequence !== 'string') {
      throw new AnthropicInvalid(`stop_sequences.${index}: Input should be a valid string`);
    }
    if (sequence.trim() === '') {
      throw new AnthropicInvalid('stop_sequences: each stop sequence must contain non-whitespace');
    }
    return sequence;
  });
}

function readChat(body: unknown, context: WireContext): SimulatedChat {
  const version = context.headers['anthropic-version'];
  if (typeof version !== 'string' || version === '') {
    throw new AnthropicInvalid('anthropic-version: header is required');
  }
  if (!VERSIONS.includes(version)) {
    throw new AnthropicInvalid(`anthropic-version: "${version}" is not a valid version`);
  }
  if (!isObject(body)) throw new AnthropicInvalid('Input should be an object');
  const model = body['model'];
  if (model === undefined) throw new AnthropicInvalid('model: Field required');
  if (typeof model !== 'string') throw new AnthropicInvalid('model: Input should be a valid string');
  if (model === '') throw new AnthropicInvalid('model: String should have at least 1 character');
  const maxOutputTokens = readMaxTokens(body['max_tokens'], context);
  const turns = readAnthropicTurns(body['messages'], model);
  const extra = Object.keys(body).find((field) => !REQUEST_FIELDS.has(field));
  if (extra) throw new AnthropicInvalid(`${extra}: Extra inputs are not permitted`);
  checkAnthropicSampling(body, model, version);
  if (body['stream'] !== undefined && typeof body['stream'] !== 'boolean') {
    throw new AnthropicInvalid('stream: Input should be a valid boolean');
  }
  const system = body['system'] === undefined ? '' : readAnthropicContent(body['system'], 'system');
  return {
    model,
    turns: system === '' ? turns : [{ role: 'system', text: system }, ...turns],
    maxOutputTokens,
    stopSequences: readStopSequences(body['stop_sequences']),
    stream: body['stream'] === true,
    includeUsage: true,
  };
}

/** Reads a messages request as strictly as Anthropic. */
export function parseAnthropicRequest(body: unknown, context: WireContext): ParsedChat {
  try {
    return { status: 'ok', chat: readChat(body, context) };
  } catch (error) {
    if (!(error instanceof AnthropicInvalid)) throw error;
    const { requestId } = context;
    const answer = anthropicErrorBody(400, {
      type: 'invalid_request_error',
      message: error.message,
      requestId,
    });
    return { status: 'refused', answer };
  }
}
