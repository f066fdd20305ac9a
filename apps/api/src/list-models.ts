import { parseTarget, type Config, type RouteConfig, type Target } from '@sluice/contracts';
import { mayCall, mayNameRoute, mayNameTargets, targetsOfRoutes } from '@sluice/core';
import type { ApiDeps } from './api-deps.ts';
import type { Caller } from './caller.ts';

export interface ListedModel {
  /** What `model` may be: a route, a target or a plain model name. */
  id: string;
  /** The provider; `sluice` for a route. */
  ownedBy: string;
}

type Deps = Pick<ApiDeps, 'config' | 'knownTargets' | 'resolveModel'>;

/**
 * Everything that a key's jobs may name, each once: routes, targets, plain model names. What its `allow` rules out is
 * not among it, nor is a route all of whose targets are ruled out.
 */
export function listModels(caller: Pick<Caller, 'allow'>, deps: Deps): ListedModel[] {
  const { routes } = deps.config();
  const mayUse = (target: Target): boolean => mayUseTarget(target, caller, deps);
  const usable = Object.keys(routes).filter(
    (name) => mayNameRoute(name, caller.allow) && targetsWithin(name, routes).some(mayUse),
  );
  const targets = mayNameTargets(caller.allow) ? deps.knownTargets().filter(mayUse) : [];
  const parts = targets.flatMap((target) => parseTarget(target) ?? []);
  const models: ListedModel[] = [
    ...usable.map((name) => ({ id: name, ownedBy: 'sluice' })),
    ...targets.map((target) => ({ id: target, ownedBy: parseTarget(target)?.provider ?? '' })),
    ...parts.map(({ model, provider }) => ({ id: model, ownedBy: provider })),
  ];
  const seen = new Set<string>();
  return models.filter(({ id }) => !seen.has(id) && seen.add(id));
}

/** Null: there is no such model for this key. A target need not be listed to work: nobody may have described it. */
export function findModel(id: string, caller: Pick<Caller, 'allow'>, deps: Deps): ListedModel | null {
  const listed = listModels(caller, deps).find((model) => model.id === id);
  if (listed) return listed;
  const { providers, routes } = deps.config();
  const provider = parseTarget(id)?.provider ?? '';
  if (Object.hasOwn(routes, id) || !Object.hasOwn(providers, provider)) return null;
  const mayName = mayNameTargets(caller.allow) && mayUseTarget(id as Target, caller, deps);
  return mayName ? { id, ownedBy: provider } : null;
}

function mayUseTarget(target: Target, { allow }: Pick<Caller, 'allow'>, deps: Deps): boolean {
  const provider = deps.config().providers[parseTarget(target)?.provider ?? ''];
  const subject = { target, model: deps.resolveModel(target), provider, request: null };
  return mayCall(subject, { forced: allow }).status === 'ok';
}

/** What a route may lead to by any of its rules, routes within it included. */
function targetsWithin(name: string, routes: Config['routes'], above: readonly string[] = []): Target[] {
  const route: RouteConfig | undefined = Object.hasOwn(routes, name) ? routes[name] : undefined;
  if (!route || above.includes(name)) return [];
  const names = [...route.targets, ...route.when.flatMap(({ use }) => use)];
  const nested = names.filter((entry) => !entry.includes('/'));
  return [
    ...targetsOfRoutes({ [name]: route }),
    ...nested.flatMap((entry) => targetsWithin(entry, routes, [...above, name])),
  ];
}
