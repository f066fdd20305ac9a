import {
  CLASS_OF_QUALITY,
  compareClasses,
  isRegionAllowed,
  type ChatRequest,
  type ModelEntry,
  type ProviderConfig,
  type Quality,
  type Target,
} from '@sluice/contracts';
import { checkWindow } from '../check/check-window.ts';
import type { Exclusion, ExclusionCode } from './exclusion.ts';
import { hasCapability, SOFT_CAPABILITIES } from './has-capability.ts';
import { mayUseTarget, type ForcedPolicy } from './key-policy.ts';
import { neededCapabilities } from './needed-capabilities.ts';

/** What a job itself asks of its targets. */
export interface TargetFilters {
  quality?: Quality | undefined;
  max_cost_usd?: number | undefined;
  max_latency_ms?: number | undefined;
  residency?: readonly string[] | undefined;
  zero_retention?: boolean | undefined;
}

/** Rules about targets that hold for a job as long as it lives. */
export interface CallPolicy {
  filters?: TargetFilters | undefined;
  forced?: ForcedPolicy | null | undefined;
}

/** A key of a provider's pool: what it states goes over what the provider states. */
export interface CallKey {
  region?: string | undefined;
  zero_retention?: boolean | undefined;
}

export interface CallSubject {
  target: Target;
  model: { entry: ModelEntry; vendor: string };
  /** Absent: the target's provider is not configured, and nothing is known of it. */
  provider: Pick<ProviderConfig, 'region' | 'zero_retention' | 'api_keys'> | undefined;
  /** The key that the call is made with. Not given: any key of the provider that is allowed will do. */
  key?: CallKey | undefined;
  /** Null: only the policy is looked at. */
  request: ChatRequest | null;
}

export type MayCall = { status: 'ok' } | ({ status: 'no' } & Exclusion);

/**
 * Whether a target may be called at all: by what the job and its key demand, and by what the model can do. Pure,
 * without any look at health or load, so the answer is the same at submit, before every attempt, and for what else
 * sends a request somewhere (hops, spills, hedges, hits of the cache). What is not known is refused where it is
 * about data (region, retention) or quality, and allowed where it is about capabilities.
 */
export function mayCall(subject: CallSubject, policy: CallPolicy): MayCall {
  const excluded = forbidden(subject, policy) ?? tooPlain(subject, policy) ?? unable(subject);
  return excluded ? { status: 'no', ...excluded } : { status: 'ok' };
}

function forbidden(subject: CallSubject, { filters = {}, forced }: CallPolicy): Exclusion | null {
  const { target } = subject;
  if (forced && !mayUseTarget(target, forced)) {
    return excluded('not_allowed', `The API key may not use ${target}.`);
  }
  const keys = subject.key ? [subject.key] : (subject.provider?.api_keys ?? []);
  // One key that may be used is enough; the calls are then made with such a key.
  const faults = (keys.length > 0 ? keys : [{}]).map((key) =>
    placeFault({ ...subject, key }, { filters, forced }),
  );
  return faults.includes(null) ? null : (faults[0] ?? null);
}

type PlacedSubject = CallSubject & { key: CallKey };

/** Where a call with one key is processed, and what is kept of it there. */
function placeFault(subject: PlacedSubject, { filters, forced }: CallPolicy): Exclusion | null {
  for (const allowed of [filters?.residency, forced?.residency]) {
    const fault = allowed === undefined ? null : residencyFault(subject, allowed);
    if (fault !== null) return excluded('residency', fault, 'residency');
  }
  const { target, model, key, provider } = subject;
  const keepsNothing = model.entry.zero_retention ?? key.zero_retention ?? provider?.zero_retention ?? false;
  if (keepsNothing || !(filters?.zero_retention || forced?.zero_retention)) return null;
  const what = `${target} is not known to keep nothing: zero_retention is not set for it.`;
  return excluded('zero_retention', what, 'zero_retention');
}

/** Every region that is stated (of the key or else the provider, and of the model) has to be allowed, and one stated. */
function residencyFault(
  { target, model, provider, key }: PlacedSubject,
  allowed: readonly string[],
): string | null {
  const wanted = allowed.join(', ');
  const stated = [key.region ?? provider?.region, model.entry.region].filter((place) => place !== undefined);
  const outside = stated.find((place) => !isRegionAllowed(place, allowed));
  if (outside !== undefined) return `${target} runs in ${outside}, not in ${wanted}.`;
  if (stated.length > 0) return null;
  return `The region of ${target} is not known, so it can't be said to be in ${wanted}.`;
}

function tooPlain({ target, model }: CallSubject, { filters }: CallPolicy): Exclusion | null {
  if (filters?.quality === undefined) return null;
  const least = CLASS_OF_QUALITY[filters.quality];
  const own = model.entry.class;
  if (own === undefined) {
    if (least === 'economy') return null;
    return excluded('quality', `The class of ${target} is not known; ${least} is asked for.`, 'quality');
  }
  if (compareClasses(own, least) >= 0) return null;
  return excluded('quality', `${target} is of class ${own}; at least ${least} is asked for.`, 'quality');
}

const NOUNS = {
  tools: 'call functions',
  vision: 'take images',
  audio: 'take sound',
  video: 'take video',
  pdf: 'take PDF documents',
  json_schema: 'answer by a JSON Schema',
  reasoning: 'reason',
} as const;

function unable({ target, model, request }: CallSubject): Exclusion | null {
  if (request === null) return null;
  for (const need of neededCapabilities(request)) {
    if (SOFT_CAPABILITIES.has(need) || hasCapability(need, model)) continue;
    const param = need === 'tools' ? 'tools' : 'messages';
    return excluded('capability', `${target} can't ${NOUNS[need]}.`, param);
  }
  const window = checkWindow({ request, target, entry: model.entry, vendor: model.vendor });
  return window && excluded('context_window', window.message, window.param);
}

function excluded(code: ExclusionCode, message: string, param: string | null = null): Exclusion {
  return { code, message, param };
}
