import type { ChatRequest, Config, JobSubmission, Lane, Target, Warning } from '@sluice/contracts';
import type { ModelCatalogue } from './model-catalogue.ts';
import { weighUp, type Candidate } from './plan-route/candidate.ts';
import { chooseStart, type PlanSource, type StartError } from './plan-route/choose-start.ts';
import type { ExcludedTarget } from './plan-route/exclusion.ts';
import type { ForcedPolicy } from './plan-route/key-policy.ts';
import { orderTree } from './plan-route/order-tree.ts';
import type { RequestFeatures } from './plan-route/request-features.ts';
import type { RouteBranch, RouteNode } from './plan-route/route-tree.ts';
import { standingOf } from './plan-route/standing.ts';
import type { Ranked } from './plan-route/strategy/block.ts';
import { TURNING_STRATEGIES } from './plan-route/strategy/strategies.ts';
import type { World } from './world.ts';

export interface PlanRouteInput {
  submission: Pick<
    JobSubmission,
    | 'route'
    | 'chain'
    | 'tier'
    | 'tags'
    | 'metadata'
    | 'quality'
    | 'max_cost_usd'
    | 'max_latency_ms'
    | 'residency'
    | 'zero_retention'
  > & { request: ChatRequest };
  features: RequestFeatures;
  config: Pick<Config, 'providers' | 'routes'>;
  catalogue: Pick<ModelCatalogue, 'resolve' | 'targetsOfModel'>;
  world: World;
  caller: {
    tenant: string;
    keyId: string;
    /** What the key forces on its jobs; null: nothing. */
    forced: ForcedPolicy | null;
    /** A budget of the caller is nearly spent: cheaper targets go first. */
    budget?: 'soft' | undefined;
  };
  /** @defaultValue live */
  lane?: Lane;
  nowMs: number;
  /** The job's id. */
  seed: string;
  /** The target that has served a prompt of the same beginning lately; it goes first among equals. */
  warmTarget?: Target | null;
  /** How often this process has planned a route that takes turns. @defaultValue 0 */
  turnOf?: (route: string) => number;
  /** Jobs that this process has sent to a target since the world was looked at. @defaultValue 0 */
  plannedSince?: (target: string) => number;
}

export interface RoutePlan {
  status: 'ok';
  /** The route that was used; null for a chain or a target of the caller's own. */
  route: string | null;
  source: PlanSource;
  strategy: string;
  /** The rules that matched, outermost first: `support.when.1`. */
  rules: readonly string[];
  /** In the order in which they are tried: what is out for now is at the end. */
  chain: readonly Target[];
  /** How often the chain is walked before the job fails. */
  rounds: number;
  /** The chain with what was weighed up. */
  order: readonly Ranked[];
  /** Everything that was weighed up, in the order in which it was met. */
  weighed: readonly Candidate[];
  excluded: readonly ExcludedTarget[];
  warnings: readonly Warning[];
  /** Routes whose turn this plan has taken. */
  turned: readonly string[];
}

export type RouteError = StartError | NoEligibleTarget;

export interface NoEligibleTarget extends Pick<
  RoutePlan,
  'route' | 'source' | 'strategy' | 'rules' | 'weighed' | 'excluded'
> {
  status: 'error';
  code: 'no_eligible_target';
  /** Names every target and why it was left out. */
  message: string;
  param: string | null;
}

/** What got as far as weighing targets up. */
export type PlannedRoute = RoutePlan | NoEligibleTarget;

/**
 * Which targets may serve a request, and in which order. Pure: the same input always yields the same plan.
 *
 * What a target can't or may not do leaves it out; what is wrong with it for now puts it behind the others, so health
 * and load never refuse a job.
 */
export function planRoute(input: PlanRouteInput): RoutePlan | RouteError {
  const { submission, features, config, catalogue, world, caller, nowMs, seed, lane = 'live' } = input;
  const { tier, tags, metadata, request } = submission;
  const subject = { features, tier, tags, metadata, tenant: caller.tenant, keyId: caller.keyId, nowMs };
  const { forced } = caller;
  const start = chooseStart({ ...input, subject, forced, targetsOfModel: catalogue.targetsOfModel });
  if (start.status === 'error') return start;

  const { root, source, rounds } = start;
  const weighing = {
    request,
    features,
    providers: config.providers,
    catalogue,
    world,
    tier,
    lane,
    policy: { filters: submission, forced },
  };
  const candidates = new Map<Target, Candidate>();
  for (const target of targetsIn(root)) {
    if (!candidates.has(target)) candidates.set(target, weighUp(target, weighing));
  }
  const floors = new Map<Target, ExcludedTarget>();
  const order = (among: ReadonlyMap<Target, Candidate>): Ranked[] =>
    orderTree(root, {
      candidate: (target) => among.get(target) as Candidate,
      standing: ({ target, isTight }, { maxWaitMs }) =>
        standingOf({ target, state: world.targets[target], lane, tier, seed, isTight, maxWaitMs }),
      onExcluded: (target, exclusion) => floors.set(target, { target, ...exclusion }),
      warmTarget: input.warmTarget ?? null,
      turnOf: input.turnOf ?? (() => 0),
      plannedSince: input.plannedSince ?? (() => 0),
      paceMs: (target) => world.targets[target as Target]?.paceMs?.[tier] ?? 0,
      seed,
      isStreamed: request.stream ?? false,
      isSaving: caller.budget === 'soft',
    });
  const wished = withWishes(candidates, features);
  let ordered = order(wished);
  const used = ordered.length > 0 ? wished : candidates;
  if (ordered.length === 0) ordered = order(candidates);
  if (start.takesOne) ordered = ordered.slice(0, 1);

  const chain = ordered.map(({ target }) => target);
  const inChain = new Set(chain);
  const excluded = Array.from(used.values()).flatMap(({ target, exclusion }): ExcludedTarget[] => {
    if (inChain.has(target)) return [];
    if (exclusion) return [{ target, ...exclusion }];
    const floor = floors.get(target);
    return floor ? [floor] : [];
  });
  const branches = branchesIn(root);
  const common = {
    route: root.name,
    source,
    strategy: caller.budget === 'soft' ? 'cheapest' : root.strategy,
    rules: branches.flatMap(({ name, rule }) => (rule === null ? [] : [`${name}.when.${rule}`])),
    weighed: [...used.values()],
    excluded,
  };
  if (chain.length === 0) return noEligibleTarget(common);
  return {
    status: 'ok',
    ...common,
    chain,
    rounds,
    order: ordered,
    warnings: [
      ...excluded.flatMap((one) => skipped(one, source)),
      ...ordered.flatMap(({ warnings }) => warnings),
    ],
    turned: branches.flatMap(({ name, strategy }) =>
      name !== null && TURNING_STRATEGIES.has(strategy) ? [name] : [],
    ),
  };
}

/** What some targets have and the request would like to have leaves out those that lack it. */
function withWishes(
  candidates: ReadonlyMap<Target, Candidate>,
  { needs }: RequestFeatures,
): ReadonlyMap<Target, Candidate> {
  const able = [...candidates.values()].filter(({ exclusion }) => exclusion === null);
  const some = able.some(({ hasAllWished }) => hasAllWished);
  if (!some || able.every(({ hasAllWished }) => hasAllWished)) return candidates;
  const wishes = needs.includes('reasoning') ? 'reasoning' : 'a JSON Schema';
  return new Map(
    Array.from(candidates, ([target, candidate]) => {
      if (candidate.exclusion || candidate.hasAllWished) return [target, candidate];
      const message = `${target} lacks what others have: ${wishes}.`;
      return [target, { ...candidate, exclusion: { code: 'capability', message, param: null } }];
    }),
  );
}

const SKIP_CODES: ReadonlySet<string> = new Set(['capability', 'context_window', 'request']);

/**
 * A warning for what the request itself rules out, and for what the key rules out of a chain that the caller wrote.
 * What the caller asked to be left out is in the decision.
 */
function skipped({ code, message, param, target }: ExcludedTarget, source: PlanSource): Warning[] {
  const isTold = SKIP_CODES.has(code) || (code === 'not_allowed' && source === 'chain');
  return isTold ? [{ code: 'target_skipped', message, param, target }] : [];
}

function noEligibleTarget(
  common: Omit<NoEligibleTarget, 'status' | 'code' | 'message' | 'param'>,
): NoEligibleTarget {
  const { excluded } = common;
  const params = new Set(excluded.map(({ param }) => param));
  const reasons = [...new Set(excluded.map(({ message }) => message))].join(' ');
  return {
    status: 'error',
    code: 'no_eligible_target',
    message: `No target of the chain can take the request. ${reasons}`,
    param: params.size === 1 ? (excluded[0]?.param ?? null) : null,
    ...common,
  };
}

function targetsIn(node: RouteNode): Target[] {
  return node.kind === 'target' ? [node.target] : node.children.flatMap(targetsIn);
}

function branchesIn(node: RouteNode): RouteBranch[] {
  return node.kind === 'target' ? [] : [node, ...node.children.flatMap(branchesIn)];
}
