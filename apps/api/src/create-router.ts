import type { ChatRequest, Config, JobSubmission, Target } from '@sluice/contracts';
import {
  planRoute,
  requestFeatures,
  type ModelCatalogue,
  type RequestFeatures,
  type RouteError,
  type RoutePlan,
  type World,
} from '@sluice/core';
import type { Caller } from './caller.ts';
import { createRecentlyPlanned } from './recently-planned.ts';

export interface RouterInput {
  submission: JobSubmission;
  caller: Pick<Caller, 'tenant' | 'keyId' | 'allow'>;
  /** The job's id. */
  id: string;
  nowMs: number;
  /** A budget of the caller is nearly spent: cheaper targets go first. */
  budget?: 'soft' | undefined;
  /** Has served a prompt of the same beginning lately. */
  warmTarget?: Target | null;
}

export interface Planned {
  features: RequestFeatures;
  plan: RoutePlan | RouteError;
}

/** Plans routes with what this process knows: its configuration, its view of the world, and its turns. */
export interface Router {
  /** Changes nothing: the same question again gets the same answer. */
  plan(input: RouterInput): Planned;
  /** Like `plan`, for a job that will be stored: the next one has the next turn. */
  planJob(input: RouterInput): Planned;
}

export interface RouterOptions {
  config: () => Config;
  catalogue: () => Pick<ModelCatalogue, 'resolve' | 'targetsOfModel'>;
  world: () => World;
}

/** Turns start anywhere, so that processes which start together don't all begin at the same target. */
const MAX_FIRST_TURN = 1_000_000;

export function createRouter({ config, catalogue, world }: RouterOptions): Router {
  const turns = new Map<string, number>();
  const turnOf = (route: string): number => {
    const known = turns.get(route);
    if (known !== undefined) return known;
    const first = Math.floor(Math.random() * MAX_FIRST_TURN);
    turns.set(route, first);
    return first;
  };
  const planned = createRecentlyPlanned();

  const plan = ({ submission, caller, id, nowMs, budget, warmTarget }: RouterInput): Planned => {
    const now = world();
    planned.forgetBefore(now.readFromMs ?? -Infinity);
    const features = requestFeatures(submission.request as ChatRequest, { task: submission.task });
    const { tenant, keyId, allow: forced } = caller;
    const outcome = planRoute({
      submission: submission as JobSubmission & { request: ChatRequest },
      features,
      config: config(),
      catalogue: catalogue(),
      world: now,
      caller: { tenant, keyId, forced, budget },
      nowMs,
      seed: id,
      warmTarget: warmTarget ?? null,
      turnOf,
      plannedSince: planned.count,
    });
    return { features, plan: outcome };
  };
  return {
    plan,
    planJob(input) {
      const outcome = plan(input);
      if (outcome.plan.status === 'error') return outcome;
      const { turned, chain } = outcome.plan;
      for (const route of turned) turns.set(route, turnOf(route) + 1);
      const [first] = chain;
      if (first !== undefined) planned.add(first, performance.now());
      return outcome;
    },
  };
}
