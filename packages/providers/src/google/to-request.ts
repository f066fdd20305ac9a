import type { ChatRequest, Warning } from '@sluice/contracts';
import type { ProviderCall } from '../provider-adapter.ts';
import { conversationTurns } from '../request/conversation-turns.ts';
import { mergeProviderOptions } from '../request/merge-provider-options.ts';
import { parameterDropped } from '../request/parameter-warning.ts';
import { stopSequences } from '../request/stop-sequences.ts';
import { tokenLimit } from '../request/token-limit.ts';
import type { GoogleBody } from './google-body.ts';

const MAX_STOPS = 5;
const INT32 = { min: -2_147_483_648, max: 2_147_483_647 };

/** The request in the generateContent format. */
export function toRequest({ entry, request }: ProviderCall): { body: GoogleBody; warnings: Warning[] } {
  const conversation = conversationTurns(request);
  const limit = tokenLimit(request, entry.max_output_tokens);
  const stop = stopSequences(request, { maxCount: MAX_STOPS });
  const sampling = samplingParameters(request, entry.rejects?.includes('sampling_params') ?? false);
  const seed = seedParameter(request);
  const body: GoogleBody = {
    contents: conversation.turns.map(({ role, texts }) => ({
      role: role === 'assistant' ? 'model' : 'user',
      parts: texts.map((text) => ({ text })),
    })),
    ...(conversation.system.length > 0
      ? { systemInstruction: { role: 'system', parts: conversation.system.map((text) => ({ text })) } }
      : {}),
    generationConfig: {
      ...(limit.limit === null ? {} : { maxOutputTokens: limit.limit }),
      ...sampling.fields,
      ...(stop.sequences ? { stopSequences: stop.sequences } : {}),
      ...seed.fields,
    },
  };
  const merged = mergeProviderOptions(body, request, ['google']);
  const user = request.user === undefined ? [] : [parameterDropped('user', 'Gemini has no such parameter')];
  return {
    body: merged.body,
    warnings: [
      ...conversation.warnings,
      ...limit.warnings,
      ...sampling.warnings,
      ...stop.warnings,
      ...seed.warnings,
      ...user,
      ...merged.warnings,
    ],
  };
}

interface Part {
  fields: GoogleBody['generationConfig'];
  warnings: Warning[];
}

const SAMPLING = {
  temperature: 'temperature',
  top_p: 'topP',
  presence_penalty: 'presencePenalty',
  frequency_penalty: 'frequencyPenalty',
} as const;

function samplingParameters(request: ChatRequest, rejected: boolean): Part {
  const part: Part = { fields: {}, warnings: [] };
  for (const [param, field] of Object.entries(SAMPLING) as [keyof typeof SAMPLING, keyof Part['fields']][]) {
    const value = request[param];
    if (value === undefined) continue;
    if (rejected) part.warnings.push(parameterDropped(param, 'the model refuses sampling parameters'));
    else Object.assign(part.fields, { [field]: value });
  }
  return part;
}

function seedParameter({ seed }: ChatRequest): Part {
  if (seed === undefined) return { fields: {}, warnings: [] };
  return seed >= INT32.min && seed <= INT32.max
    ? { fields: { seed }, warnings: [] }
    : { fields: {}, warnings: [parameterDropped('seed', 'Gemini takes seeds of 32 bits')] };
}
