import type { ChatRequest } from '@sluice/contracts';
import type { ProviderCall } from '../provider-adapter.ts';
import { parameterChanged, parameterDropped } from '../request/parameter-warning.ts';
import type { RequestPart } from '../request/request-part.ts';
import type { OpenAiProfile } from './openai-profile.ts';

type Effort = NonNullable<ChatRequest['reasoning_effort']>;

/** What is asked for instead of an effort that the model does not have, in this order. */
const NEAREST: Readonly<Record<Effort, readonly Effort[]>> = {
  none: ['none', 'minimal', 'low'],
  minimal: ['minimal', 'low'],
  low: ['low'],
  medium: ['medium'],
  high: ['high'],
  xhigh: ['xhigh', 'high'],
  max: ['max', 'xhigh', 'high'],
};

/** `reasoning_effort`, in the server's own words where it has others. */
export function reasoningParameters(
  { request, entry, model }: ProviderCall,
  profile: OpenAiProfile,
): RequestPart {
  const effort = request.reasoning_effort ?? null;
  if (effort === null) return { fields: {}, warnings: [] };
  if (profile.unsupported.has('reasoning_effort')) {
    return { fields: {}, warnings: dropped(effort, `${profile.kind} has no such parameter`) };
  }
  const reasons = entry.supports === undefined || entry.supports.includes('reasoning');
  if (!reasons || entry.rejects?.includes('reasoning_effort')) {
    return { fields: {}, warnings: dropped(effort, `${model} has no levels of effort`) };
  }
  // api-docs.deepseek.com, "Thinking Mode"; Model Studio, "Deep thinking": on or off.
  if (profile.reasoning === 'thinking') {
    return inWords({ thinking: { type: effort === 'none' ? 'disabled' : 'enabled' } }, effort);
  }
  if (profile.reasoning === 'enable_thinking') return inWords({ enable_thinking: effort !== 'none' }, effort);
  const sent = NEAREST[effort].find((level) => takesEffort(entry, level)) ?? 'low';
  return {
    fields: { reasoning_effort: sent },
    warnings:
      sent === effort
        ? []
        : [parameterChanged('reasoning_effort', `${effort} to ${sent}, as ${model} has no other`)],
  };
}

/** `max` is new: only models that are known to have it are asked for it. */
function takesEffort({ supports, rejects }: ProviderCall['entry'], level: Effort): boolean {
  if (level === 'max' && !supports?.includes('effort_max')) return false;
  return !rejects?.includes(`reasoning_effort_${level}`);
}

/** Without reasoning, `none` is what the model does anyway. */
function dropped(effort: Effort, why: string): RequestPart['warnings'] {
  return effort === 'none' ? [] : [parameterDropped('reasoning_effort', why)];
}

function inWords(fields: RequestPart['fields'], effort: Effort): RequestPart {
  const isExact = effort === 'none' || effort === 'medium';
  return {
    fields,
    warnings: isExact ? [] : [parameterChanged('reasoning_effort', `${effort} to on, which has no levels`)],
  };
}
