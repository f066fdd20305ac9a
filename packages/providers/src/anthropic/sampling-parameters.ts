import type { ProviderCall } from '../provider-adapter.ts';
import { parameterChanged, parameterDropped } from '../request/parameter-warning.ts';
import type { RequestPart } from '../request/request-part.ts';
import { SAMPLING_DEFAULTS } from '../request/sampling-defaults.ts';

const MAX_TEMPERATURE = 1;
/** With thinking on. Source: Anthropic's guide "Extended thinking", feature compatibility. */
const MIN_THINKING_TOP_P = 0.95;

/** `temperature`, `top_p` and `top_k`, as far as the model takes them in this request. */
export function samplingParameters(
  { request, entry, model }: ProviderCall,
  { thinks }: { thinks: boolean },
): RequestPart {
  const { temperature, top_p: topP, top_k: topK } = request;
  const part: RequestPart = { fields: {}, warnings: [] };
  const drop = (param: string, why: string) => part.warnings.push(parameterDropped(param, why));
  if (entry.rejects?.includes('sampling_params')) {
    for (const param of ['temperature', 'top_p', 'top_k'] as const) {
      const value = request[param];
      if (value !== undefined && value !== SAMPLING_DEFAULTS[param])
        drop(param, `${model} refuses sampling parameters`);
    }
    return part;
  }
  const whileThinking = 'Anthropic refuses it while the model thinks';
  if (temperature !== undefined && thinks) {
    if (temperature !== 1) drop('temperature', whileThinking);
  } else if (temperature !== undefined) {
    part.fields['temperature'] = Math.min(temperature, MAX_TEMPERATURE);
    if (temperature > MAX_TEMPERATURE) {
      part.warnings.push(
        parameterChanged('temperature', `${temperature} to 1, the most that Anthropic takes`),
      );
    }
  }
  if (topP !== undefined) {
    // Models since Claude Opus 4.1 refuse both at once.
    if (part.fields['temperature'] !== undefined) {
      if (topP !== 1) drop('top_p', 'Anthropic takes temperature or top_p, not both');
    } else if (thinks && topP < MIN_THINKING_TOP_P) drop('top_p', whileThinking);
    else part.fields['top_p'] = topP;
  }
  if (topK !== undefined) {
    if (thinks) drop('top_k', whileThinking);
    else part.fields['top_k'] = topK;
  }
  return part;
}
