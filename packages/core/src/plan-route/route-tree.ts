import type { ModelClass, RouteConfig, Strategy, Target } from '@sluice/contracts';
import { matchesCondition, type ConditionSubject } from './match-condition.ts';

/** A route with its rules decided and its nested routes opened. */
export type RouteNode =
  | { kind: 'target'; target: Target; weight: number }
  | {
      kind: 'route';
      /** Null: a chain of the caller's own. */
      name: string | null;
      strategy: Strategy;
      /** Index of the rule that matched; null when none did. */
      rule: number | null;
      minClass: ModelClass | undefined;
      minQuality: number | undefined;
      fastestBy: 'first_token' | 'total' | undefined;
      maxWaitMs: number | undefined;
      children: readonly RouteNode[];
      weight: number;
    };
export type RouteBranch = Extract<RouteNode, { kind: 'route' }>;

/** Configurations with deeper ones are refused; this only bounds the work. */
const MAX_DEPTH = 8;

/** Opens a route: the first rule that matches decides its targets, and so in the routes that it names. */
export function routeTree(
  name: string,
  { routes, subject }: { routes: Readonly<Record<string, RouteConfig>>; subject: ConditionSubject },
): RouteBranch {
  const open = (route: string, weight: number, path: readonly string[]): RouteBranch | null => {
    const config = Object.hasOwn(routes, route) ? routes[route] : undefined;
    if (!config || path.includes(route) || path.length >= MAX_DEPTH) return null;
    const found = config.when.findIndex((rule) => matchesCondition(rule.if, subject));
    const rule = config.when[found];
    const names = rule?.use ?? config.targets;
    const weights = rule ? names.map((entry) => weightOf(config, entry)) : config.weights;
    return {
      kind: 'route',
      name: route,
      strategy: config.strategy,
      rule: rule ? found : null,
      minClass: config.min_class,
      minQuality: config.min_quality,
      fastestBy: config.fastest_by,
      maxWaitMs: config.max_wait,
      weight,
      children: names.flatMap((entry, index) => {
        const own = weights[index] ?? 1;
        const child: RouteNode | null = entry.includes('/')
          ? { kind: 'target', target: entry as Target, weight: own }
          : open(entry, own, [...path, route]);
        return child ? [child] : [];
      }),
    };
  };
  return open(name, 1, []) ?? chainNode([]);
}

/** A caller's own chain, as a route without a name. */
export function chainNode(targets: readonly Target[]): RouteBranch {
  return {
    kind: 'route',
    name: null,
    strategy: 'ordered',
    rule: null,
    minClass: undefined,
    minQuality: undefined,
    fastestBy: undefined,
    maxWaitMs: undefined,
    weight: 1,
    children: targets.map((target) => ({ kind: 'target', target, weight: 1 })),
  };
}

/** A rule's target has the weight that it has among the route's own. */
function weightOf({ targets, weights }: RouteConfig, name: string): number {
  return weights[targets.indexOf(name)] ?? 1;
}
