import type { ChatRequest } from '@sluice/contracts';
import type { ProviderCall } from '../provider-adapter.ts';
import { parameterDropped } from '../request/parameter-warning.ts';
import { SAMPLING_DEFAULTS } from '../request/sampling-defaults.ts';
import type { GenerationConfig } from './google-body.ts';
import type { GoogleFields } from './google-fields.ts';

const INT32 = { min: -2_147_483_648, max: 2_147_483_647 };
const SAMPLING = {
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  presence_penalty: 'presencePenalty',
  frequency_penalty: 'frequencyPenalty',
} as const;

/** Sampling, unless the model refuses it. */
export function samplingParameters({ request, entry }: ProviderCall): GoogleFields<GenerationConfig> {
  const part: GoogleFields<GenerationConfig> = { fields: {}, warnings: [] };
  const rejected = entry.rejects?.includes('sampling_params') ?? false;
  for (const [param, field] of Object.entries(SAMPLING) as [keyof typeof SAMPLING, string][]) {
    const value = request[param];
    if (value === undefined) continue;
    if (rejected && value === SAMPLING_DEFAULTS[param]) continue;
    if (rejected) part.warnings.push(parameterDropped(param, 'the model refuses sampling parameters'));
    else Object.assign(part.fields, { [field]: value });
  }
  return part;
}

/** Seed, number of answers and logprobs. */
export function answerParameters({
  seed,
  n,
  logprobs,
  top_logprobs: top,
}: ChatRequest): GoogleFields<GenerationConfig> {
  const fits = seed === undefined || (seed >= INT32.min && seed <= INT32.max);
  return {
    fields: {
      ...(seed !== undefined && fits ? { seed } : {}),
      ...(n !== undefined && n > 1 ? { candidateCount: n } : {}),
      ...(logprobs ? { responseLogprobs: true } : {}),
      ...(logprobs && top !== undefined ? { logprobs: top } : {}),
    },
    warnings: fits ? [] : [parameterDropped('seed', 'Gemini takes seeds of 32 bits')],
  };
}
