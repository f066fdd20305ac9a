import { BY_MERIT } from './strategy/by-merit.ts';
import { compareClasses, type Target } from '@sluice/contracts';
import type { Candidate } from './candidate.ts';
import type { Exclusion } from './exclusion.ts';
import type { RouteBranch, RouteNode } from './route-tree.ts';
import type { Standing } from './standing.ts';
import type { Block, Ranked, StrategyContext } from './strategy/block.ts';
import { strategies } from './strategy/strategies.ts';

export interface OrderContext extends Omit<StrategyContext, 'turn' | 'fastestBy'> {
  candidate: (target: Target) => Candidate;
  standing: (candidate: Candidate, route: RouteBranch) => Standing;
  /** Targets left out of a route by its own floors are told here. */
  onExcluded: (target: Target, exclusion: Exclusion) => void;
  turnOf: (route: string) => number;
  /** Goes first among equals: its provider may have the prompt in its cache. */
  warmTarget: Target | null;
  isStreamed: boolean;
  /** A budget is nearly spent: cheaper targets go first, whatever the strategy. */
  isSaving: boolean;
}

/** The targets of a route that may serve, best first: each once, those that are out for now at the end. */
export function orderTree(route: RouteBranch, context: OrderContext): Ranked[] {
  const seen = new Set<Target>();
  const flat = orderBranch(route, context).filter(({ target }) => {
    const isNew = !seen.has(target);
    seen.add(target);
    return isNew;
  });
  return byRank(flat, ({ standing }) => standing.rank);
}

function orderBranch(route: RouteBranch, context: OrderContext): Ranked[] {
  const blocks = route.children.flatMap((child) => {
    const [head, ...rest] = targetsOf(child, { route, context });
    return head ? [{ targets: [head, ...rest], weight: child.weight } satisfies Block] : [];
  });
  const order = strategies[context.isSaving ? 'cheapest' : route.strategy];
  const { turnOf, isStreamed } = context;
  const own = {
    ...context,
    turn: route.name === null ? 0 : turnOf(route.name),
    fastestBy: route.fastestBy ?? (isStreamed ? 'first_token' : 'total'),
  } satisfies StrategyContext;
  return [0, 1, 2].flatMap((rank) => {
    const equals = blocks.filter(({ targets: [head] }) => head.standing.rank === rank);
    return order(warmFirst(equals, { strategy: route.strategy, context }), own).flatMap(
      ({ targets }) => targets,
    );
  });
}

function warmFirst(
  blocks: readonly Block[],
  { strategy, context }: { strategy: string; context: OrderContext },
): readonly Block[] {
  const { warmTarget } = context;
  if (warmTarget === null || !BY_MERIT.has(strategy)) return blocks;
  const isWarm = ({ targets: [head] }: Block): boolean => head.target === warmTarget;
  return [...blocks.filter(isWarm), ...blocks.filter((block) => !isWarm(block))];
}

function targetsOf(
  child: RouteNode,
  { route, context }: { route: RouteBranch; context: OrderContext },
): Ranked[] {
  if (child.kind === 'route') {
    const inner = orderBranch(child, context);
    // The floors of the route around hold for what is in it.
    return byRank(
      inner.filter((candidate) => isAboveFloor(candidate, { route, context })),
      ({ standing }) => standing.rank,
    );
  }
  const candidate = context.candidate(child.target);
  if (candidate.exclusion || !isAboveFloor(candidate, { route, context })) return [];
  return [{ ...candidate, standing: context.standing(candidate, route) }];
}

function isAboveFloor(
  { target, class: own, quality }: Candidate,
  { route, context }: { route: RouteBranch; context: OrderContext },
): boolean {
  const { name, minClass, minQuality } = route;
  const refuse = (what: string): boolean => {
    context.onExcluded(target, { code: 'quality', message: what, param: null });
    return false;
  };
  if (minClass !== undefined && (own === null || compareClasses(own, minClass) < 0))
    return refuse(`${target} is of ${own ?? 'unknown'} class; route "${name}" takes ${minClass} and better.`);
  if (minQuality !== undefined && (quality === null || quality < minQuality))
    return refuse(
      `${target} has ${quality === null ? 'no score' : `the score ${quality}`}; route "${name}" takes ${minQuality} and better.`,
    );
  return true;
}

function byRank<Item>(items: readonly Item[], rankOf: (item: Item) => number): Item[] {
  return [0, 1, 2].flatMap((rank) => items.filter((item) => rankOf(item) === rank));
}
