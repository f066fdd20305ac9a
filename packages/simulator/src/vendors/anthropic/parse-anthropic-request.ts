import { countPromptTokens } from '../../answer/count-tokens.ts';
import { isObject } from '../is-object.ts';
import type { ParsedChat, SimulatedChat, WireContext } from '../vendor-wire.ts';
import { anthropicErrorBody } from './anthropic-error-body.ts';
import { AnthropicInvalid } from './anthropic-invalid.ts';
import { checkAnthropicSampling } from './check-anthropic-sampling.ts';
import { anthropicCachePlan } from './anthropic-cache-plan.ts';
import { anthropicTurns } from './anthropic-turns.ts';
import { checkAnthropicOptions } from './check-anthropic-options.ts';
import { readAnthropicBlocks } from './read-anthropic-blocks.ts';
import { readAnthropicOutput } from './read-anthropic-output.ts';
import { readAnthropicThinking } from './read-anthropic-thinking.ts';
import { readAnthropicTools } from './read-anthropic-tools.ts';
import { readAnthropicTurns } from './read-anthropic-turns.ts';
import { readCacheControl } from './read-cache-control.ts';

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

/** Models that refuse a `max_tokens` that could leave the window; later ones stop with a reason of their own. */
const CHECKS_WINDOW = /^claude-(3-7|4-|(opus|sonnet)-4-(2025|[01](-|$)))/;
/** Texts with which callers test what they can not provoke. Source: Anthropic "Extended thinking", "Handling stop reasons". */
const REDACTED_THINKING = 'ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_';
const REFUSAL = 'ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL_';

function readModel(body: Record<string, unknown>, context: WireContext): { model: string; version: string } {
  const version = context.headers['anthropic-version'];
  if (typeof version !== 'string' || version === '') {
    throw new AnthropicInvalid('anthropic-version: header is required');
  }
  if (!VERSIONS.includes(version)) {
    throw new AnthropicInvalid(`anthropic-version: "${version}" is not a valid version`);
  }
  const model = body['model'];
  if (model === undefined) throw new AnthropicInvalid('model: Field required');
  if (typeof model !== 'string') throw new AnthropicInvalid('model: Input should be a valid string');
  if (model === '') throw new AnthropicInvalid('model: String should have at least 1 character');
  return { model, version };
}

function checkWindow(chat: SimulatedChat, { maxInputTokens }: WireContext): void {
  const promptTokens = countPromptTokens(chat);
  const maxTokens = chat.maxOutputTokens ?? 0;
  if (promptTokens > maxInputTokens || promptTokens + maxTokens <= maxInputTokens) return;
  throw new AnthropicInvalid(
    `input length and \`max_tokens\` exceed context limit: ${promptTokens} + ${maxTokens} > ${maxInputTokens}, decrease input length or \`max_tokens\` and try again`,
  );
}

function readChat(body: unknown, context: WireContext): SimulatedChat {
  if (!isObject(body)) throw new AnthropicInvalid('Input should be an object');
  const { model, version } = readModel(body, context);
  const maxOutputTokens = readMaxTokens(body['max_tokens'], context);
  const extra = Object.keys(body).find((field) => !REQUEST_FIELDS.has(field));
  if (extra) throw new AnthropicInvalid(`${extra}: Extra inputs are not permitted`);
  checkAnthropicSampling(body, model, version);
  checkAnthropicOptions(body);
  const thinking = readAnthropicThinking(body, { model, maxTokens: maxOutputTokens });
  const { tools, toolUse } = readAnthropicTools(body, { thinks: thinking.mode !== 'off' });
  const turns = readAnthropicTurns(body['messages'], { model, thinking: thinking.mode });
  const system =
    body['system'] === undefined ? [] : readAnthropicBlocks(body['system'], { at: 'system', role: 'system' });
  const usesTools = turns.some(({ blocks }) => blocks.some(({ type }) => type.startsWith('tool_')));
  if (usesTools && tools.length === 0) {
    throw new AnthropicInvalid(
      'Requests which include `tool_use` or `tool_result` blocks must define tools.',
    );
  }
  const last = readCacheControl(body['cache_control'], '');
  const cache = anthropicCachePlan({ model, tools, system, turns, last });
  const instruction = system.map((block) => (block.type === 'text' ? block.text : '')).join('');
  const conversation = anthropicTurns(turns);
  const said = conversation.at(-1)?.text ?? '';
  const chat: SimulatedChat = {
    model,
    turns: instruction === '' ? conversation : [{ role: 'system', text: instruction }, ...conversation],
    maxOutputTokens,
    stopSequences: readStopSequences(body['stop_sequences']),
    stream: body['stream'] === true,
    includeUsage: true,
    ...(tools.length > 0 ? { tools: tools.map(({ name, schema }) => ({ name, schema })) } : {}),
    ...(toolUse ? { toolUse } : {}),
    ...readAnthropicOutput(body['output_config'], model),
    ...(thinking.mode === 'off'
      ? {}
      : {
          thinking: {
            tokens: thinking.tokens,
            display: thinking.display,
            redacted: said.includes(REDACTED_THINKING),
          },
        }),
    wantsRefusal: said.includes(REFUSAL),
    serviceTier: 'standard',
    ...(cache ? { cache } : {}),
    windowTokens: context.maxInputTokens,
  };
  if (CHECKS_WINDOW.test(model)) checkWindow(chat, context);
  return chat;
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
