import type { ProviderCall } from '../provider-adapter.ts';
import { parameterChanged, parameterDropped } from '../request/parameter-warning.ts';
import type { RequestPart } from '../request/request-part.ts';
import { SAMPLING_DEFAULTS } from '../request/sampling-defaults.ts';
import { stopSequences } from '../request/stop-sequences.ts';
import type { OpenAiProfile } from './openai-profile.ts';

const SAMPLING = [
  'temperature',
  'top_p',
  'top_k',
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
  'logprobs',
  'top_logprobs',
] as const;

/**
 * Sampling parameters, logprobs and stop sequences. Reasoning models refuse them, some only while they reason.
 * Source: OpenAI's guide "Reasoning models", limitations.
 */
export function samplingParameters(call: ProviderCall, profile: OpenAiProfile): RequestPart {
  const { entry, request, model } = call;
  const part: RequestPart = { fields: {}, warnings: [] };
  const effort = request.reasoning_effort ?? 'none';
  const refusesNow =
    (entry.rejects?.includes('sampling_params_when_reasoning') ?? false) && effort !== 'none';
  const refuses = refusesNow || (entry.rejects?.includes('sampling_params') ?? false);
  for (const param of SAMPLING) {
    const value = request[param];
    if (value === undefined || value === false) continue;
    if (param === 'top_logprobs' && !request.logprobs) continue;
    const isDefault = value === SAMPLING_DEFAULTS[param];
    if (isDefault && (refuses || profile.unsupported.has(param))) continue;
    if (profile.unsupported.has(param)) {
      part.warnings.push(parameterDropped(param, `${profile.kind} has no such parameter`));
    } else if (refuses) {
      part.warnings.push(parameterDropped(param, `${model} refuses sampling parameters`));
    } else if (param === 'temperature' && typeof value === 'number' && value > profile.maxTemperature) {
      part.fields[param] = profile.maxTemperature;
      part.warnings.push(
        parameterChanged(param, `${value} to ${profile.maxTemperature}, the most that ${profile.kind} takes`),
      );
    } else {
      part.fields[param] = typeof value === 'object' ? { ...value } : value;
    }
  }
  if (request.stop !== undefined && (refusesNow || entry.rejects?.includes('stop'))) {
    part.warnings.push(parameterDropped('stop', `${model} refuses stop sequences`));
    return part;
  }
  const stop = stopSequences(request, profile.maxStops === null ? {} : { maxCount: profile.maxStops });
  if (stop.sequences) part.fields['stop'] = stop.sequences;
  part.warnings.push(...stop.warnings);
  return part;
}
