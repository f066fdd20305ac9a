import { parseTarget, type Target } from '@sluice/contracts';

/** What an API key forces on its jobs, whatever they ask. A missing field allows all; what is denied stays so. */
export interface ForcedPolicy {
  routes?: readonly string[] | undefined;
  providers?: readonly string[] | undefined;
  /** Plain names or targets. */
  models?: readonly string[] | undefined;
  denied_routes?: readonly string[] | undefined;
  denied_providers?: readonly string[] | undefined;
  denied_models?: readonly string[] | undefined;
  residency?: readonly string[] | undefined;
  zero_retention?: boolean | undefined;
}

/** Whether a key's jobs may name a route. Routes within it need not be named to it: they are a part of the route. */
export function mayNameRoute(name: string, forced: ForcedPolicy | null): boolean {
  if (forced?.routes && !forced.routes.includes(name)) return false;
  return !forced?.denied_routes?.includes(name);
}

/**
 * Whether a key's jobs may name targets and models themselves. A key that is bound to routes, and to no providers or
 * models, may not go round them.
 */
export function mayNameTargets(forced: ForcedPolicy | null): boolean {
  return !forced?.routes || forced.providers !== undefined || forced.models !== undefined;
}

/** Whether a key's jobs may name a provider. */
export function mayNameProvider(name: string, forced: ForcedPolicy | null): boolean {
  if (forced?.providers && !forced.providers.includes(name)) return false;
  return !forced?.denied_providers?.includes(name);
}

/**
 * Whether providers and models of the policy let a target be called. Names are read to the safe side: an allowed one
 * with a slash is that target alone, so that `openai/gpt-5.4` does not allow an aggregator's model of that name
 * (`router/openai/gpt-5.4`); a denied one is denied there too, and in every variant (`router/openai/gpt-5.4:free`).
 */
export function mayUseTarget(target: Target, forced: ForcedPolicy): boolean {
  const { provider = '', model = '' } = parseTarget(target) ?? {};
  if (!mayNameProvider(provider, forced)) return false;
  if (forced.models && !forced.models.includes(target)) {
    if (model.includes('/') || !forced.models.includes(model)) return false;
  }
  const base = model.split(':', 1)[0] ?? '';
  const names = [target, model, base, `${provider}/${base}`, base.slice(base.lastIndexOf('/') + 1)];
  return !forced.denied_models?.some((name) => names.includes(name));
}
