import type { ParsedChat, SimulatedChat, WireContext } from '../vendor-wire.ts';
import { googleErrorBody } from './google-error-body.ts';
import { GoogleInvalid } from './google-invalid.ts';
import { googleObject } from './google-object.ts';
import { checkGoogleSafety } from './check-google-safety.ts';
import { googleCachePlan } from './google-cache-plan.ts';
import { googleViolation } from './google-violation.ts';
import { readGoogleContent } from './read-google-content.ts';
import { readGoogleOutput } from './read-google-output.ts';
import { readGoogleThinking } from './read-google-thinking.ts';
import { readGoogleTools } from './read-google-tools.ts';
import { readGoogleTurns } from './read-google-turns.ts';

const MAX_STOP_SEQUENCES = 5;
const MAX_CANDIDATES = 8;
const SERVICE_TIERS = ['unspecified', 'standard', 'flex', 'priority'];

const REQUEST_FIELDS = new Set([
  'model',
  'contents',
  'systemInstruction',
  'generationConfig',
  'safetySettings',
  'tools',
  'toolConfig',
  'cachedContent',
  'serviceTier',
  'store',
]);

const CONFIG_FIELDS = new Set([
  'candidateCount',
  'stopSequences',
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'responseModalities',
  'responseLogprobs',
  'logprobs',
  'enableEnhancedCivicAnswers',
  'speechConfig',
  'thinkingConfig',
  'imageConfig',
  'mediaResolution',
]);

function readNumber(
  config: Record<string, unknown>,
  field: string,
  proto: string,
  range: [number, number],
): number | null {
  const value = config[field];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number') {
    const description = `Invalid value at 'generation_config.${proto}' (TYPE_FLOAT), ${JSON.stringify(value)}`;
    throw new GoogleInvalid(description, [{ field: `generation_config.${proto}`, description }]);
  }
  const [low, high] = range;
  if (value < low || value > high) {
    throw new GoogleInvalid(
      `* GenerateContentRequest.generation_config.${proto}: ${proto} must be in the range [${low.toFixed(1)}, ${high.toFixed(1)}].\n`,
    );
  }
  return value;
}

function readMaxTokens(config: Record<string, unknown>, maxOutputTokens: number): number | null {
  const value = config['maxOutputTokens'];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    const description = `Invalid value at 'generation_config.max_output_tokens' (TYPE_INT32), ${JSON.stringify(value)}`;
    throw new GoogleInvalid(description, [{ field: 'generation_config.max_output_tokens', description }]);
  }
  if (value < 1) {
    throw new GoogleInvalid(
      '* GenerateContentRequest.generation_config.max_output_tokens: max_output_tokens must be positive.\n',
    );
  }
  if (value > maxOutputTokens) {
    throw new GoogleInvalid(
      `Unable to submit request because it has a maxOutputTokens value of ${value} but the supported range is from 1 (inclusive) to ${maxOutputTokens + 1} (exclusive). Update the value and try again.`,
    );
  }
  return value;
}

function readStopSequences(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  const sequences: unknown[] = Array.isArray(value) ? value : [value];
  if (sequences.length > MAX_STOP_SEQUENCES) {
    throw new GoogleInvalid(
      `* GenerateContentRequest.generation_config.stop_sequences: the number of stop sequences must not exceed ${MAX_STOP_SEQUENCES}.\n`,
    );
  }
  return sequences.map(String);
}

function readCount(config: Record<string, unknown>): Pick<SimulatedChat, 'n'> {
  const value = config['candidateCount'];
  if (value === undefined || value === null || value === 1) return {};
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > MAX_CANDIDATES) {
    throw new GoogleInvalid(
      `* GenerateContentRequest.generation_config.candidate_count: candidate_count must be in the range [1, ${MAX_CANDIDATES}].\n`,
    );
  }
  return { n: value };
}

function readLogprobs(config: Record<string, unknown>): Pick<SimulatedChat, 'topLogprobs'> {
  const top = readNumber(config, 'logprobs', 'logprobs', [0, 20]);
  if (config['responseLogprobs'] === true) return { topLogprobs: top ?? 0 };
  if (top === null) return {};
  throw new GoogleInvalid(
    '* GenerateContentRequest.generation_config.logprobs: logprobs is only allowed when response_logprobs is true.\n',
  );
}

function readServiceTier(value: unknown): Pick<SimulatedChat, 'serviceTier'> {
  if (value === undefined || value === null) return { serviceTier: 'standard' };
  const tier = String(value as unknown)
    .toLowerCase()
    .replace(/^service_tier_/, '');
  if (!SERVICE_TIERS.includes(tier)) {
    const type = 'type.googleapis.com/google.ai.generativelanguage.v1beta.ServiceTier';
    googleViolation('service_tier', `Invalid value at 'service_tier' (${type}), ${JSON.stringify(value)}`);
  }
  return { serviceTier: tier === 'unspecified' ? 'standard' : tier };
}

function readChat(
  body: unknown,
  endpoint: { model: string | null; stream: boolean | null },
  context: WireContext,
): SimulatedChat {
  const model = endpoint.model ?? '';
  const request = googleObject(body, REQUEST_FIELDS, '');
  const config = googleObject(request['generationConfig'] ?? {}, CONFIG_FIELDS, 'generation_config');
  const turns = readGoogleTurns(request['contents'], model);
  readNumber(config, 'temperature', 'temperature', [0, 2]);
  readNumber(config, 'topP', 'top_p', [0, 1]);
  readNumber(config, 'presencePenalty', 'presence_penalty', [-2, 2]);
  readNumber(config, 'frequencyPenalty', 'frequency_penalty', [-2, 2]);
  checkGoogleSafety(request['safetySettings']);
  const tools = readGoogleTools(request);
  const instruction = request['systemInstruction'];
  if (instruction !== undefined && instruction !== null) {
    const at = { at: 'system_instruction', proto: 'system_instruction' };
    turns.unshift({ role: 'system', text: readGoogleContent(instruction, at).text });
  }
  const chat: SimulatedChat = {
    model,
    turns,
    ...tools,
    ...readGoogleOutput(config, { model, hasTools: tools.tools !== undefined }),
    ...readGoogleThinking(config['thinkingConfig'], model),
    ...readCount(config),
    ...readLogprobs(config),
    ...readServiceTier(request['serviceTier']),
    maxOutputTokens: readMaxTokens(config, context.maxOutputTokens),
    stopSequences: readStopSequences(config['stopSequences']),
    stream: endpoint.stream ?? false,
    includeUsage: true,
  };
  return { ...chat, cache: googleCachePlan(chat) };
}

/** Reads a generateContent request as strictly as Google: proto names, unknown fields refused. */
export function parseGoogleRequest(
  body: unknown,
  endpoint: { model: string | null; stream: boolean | null },
  context: WireContext,
): ParsedChat {
  try {
    return { status: 'ok', chat: readChat(body, endpoint, context) };
  } catch (error) {
    if (!(error instanceof GoogleInvalid)) throw error;
    const details =
      error.violations.length === 0
        ? {}
        : {
            details: [
              { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: error.violations },
            ],
          };
    const answer = googleErrorBody(400, { message: error.message, status: 'INVALID_ARGUMENT', ...details });
    return { status: 'refused', answer };
  }
}
