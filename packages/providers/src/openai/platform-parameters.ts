import type { ProviderCall } from '../provider-adapter.ts';
import { UnsendableRequest } from '../errors/unsendable-request.ts';
import { parameterChanged, parameterDropped } from '../request/parameter-warning.ts';
import type { RequestPart } from '../request/request-part.ts';
import type { OpenAiProfile } from './openai-profile.ts';

/** Who asks, how it is cached, served and told. */
const AS_THEY_ARE = ['user', 'safety_identifier', 'prompt_cache_key', 'verbosity'] as const;

/** `n`, `seed`, and the parameters of OpenAI's platform, where the server has them. */
export function platformParameters(call: ProviderCall, profile: OpenAiProfile): RequestPart {
  const { request, entry, model } = call;
  const part: RequestPart = { fields: {}, warnings: [] };
  const lacks = (param: string) =>
    part.warnings.push(parameterDropped(param, `${profile.kind} has no such parameter`));
  if (request.n !== undefined && request.n > 1) {
    if (profile.unsupported.has('n'))
      throw new UnsendableRequest(`n: ${profile.kind} gives one answer to a request.`);
    part.fields['n'] = request.n;
  }
  if (request.seed !== undefined) {
    if (profile.seedField === null) lacks('seed');
    else part.fields[profile.seedField] = request.seed;
  }
  for (const param of AS_THEY_ARE) {
    const value = request[param];
    if (value === undefined || value === null) continue;
    if (profile.unsupported.has(param)) lacks(param);
    else if (param === 'verbosity' && value !== 'medium' && entry.rejects?.includes('verbosity')) {
      part.warnings.push(parameterDropped(param, `${model} has only medium`));
    } else part.fields[param] = value;
  }
  const retention = request.prompt_cache_retention;
  if (retention !== undefined) {
    if (profile.unsupported.has('prompt_cache_retention')) lacks('prompt_cache_retention');
    else part.fields['prompt_cache_retention'] = retention === 'in-memory' ? 'in_memory' : retention;
  }
  const tier = serviceTier(call, profile);
  return { fields: { ...part.fields, ...tier.fields }, warnings: [...part.warnings, ...tier.warnings] };
}

/** A tier that the model is not sold in is refused; the catalogue knows by its price. */
function serviceTier(
  { request, entry, model }: ProviderCall,
  { kind, unsupported }: OpenAiProfile,
): RequestPart {
  const tier = request.service_tier;
  if (tier === undefined) return { fields: {}, warnings: [] };
  if (unsupported.has('service_tier')) {
    const isDefault = tier === 'auto' || tier === 'default';
    return {
      fields: {},
      warnings: isDefault ? [] : [parameterDropped('service_tier', `${kind} has no such parameter`)],
    };
  }
  const isSold = tier !== 'flex' || !entry.price || entry.price.flex_input !== undefined;
  if (isSold) return { fields: { service_tier: tier }, warnings: [] };
  const how = `flex to default, as ${model} is not served so`;
  return { fields: { service_tier: 'default' }, warnings: [parameterChanged('service_tier', how)] };
}
