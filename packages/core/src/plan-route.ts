import { parseTarget, type Config, type JobSubmission, type Target } from '@sluice/contracts';

export interface RoutePlan {
  status: 'ok';
  /** The route that was used; null for a chain or a target of the caller's own. */
  route: string | null;
  chain: readonly Target[];
  /** How often the chain is walked before the job fails. */
  rounds: number;
  decision: { strategy: string; source: 'route' | 'chain' | 'target' | 'model' };
}

export interface RouteError {
  status: 'error';
  code: 'unknown_route' | 'unknown_target' | 'unknown_model';
  message: string;
  /** The field of the submission that is wrong. */
  param: string;
}

export interface PlanRouteInput {
  submission: Pick<JobSubmission, 'route' | 'chain'> & { request: { model?: string | undefined } };
  config: Pick<Config, 'providers' | 'routes'>;
  /** Targets of the configured providers that serve a plain model name, best first. */
  targetsOfModel: (model: string) => readonly Target[];
}

const DEFAULT_ROUNDS = 3;

/** Which targets may serve a request, and in which order. Pure: the same input always yields the same plan. */
export function planRoute({ submission, config, targetsOfModel }: PlanRouteInput): RoutePlan | RouteError {
  const { route, chain, request } = submission;
  if (chain) return planChain(chain as readonly Target[], config);
  if (route !== undefined) return planNamedRoute(route, config, 'route');
  if (request.model === undefined) return planNamedRoute('default', config, 'request.model');
  return planModel(request.model, config, targetsOfModel);
}

function planChain(chain: readonly Target[], config: PlanRouteInput['config']): RoutePlan | RouteError {
  for (const [index, target] of chain.entries()) {
    const error = checkTarget(target, config, `chain.${index}`);
    if (error) return error;
  }
  return {
    status: 'ok',
    route: null,
    chain,
    rounds: DEFAULT_ROUNDS,
    decision: { strategy: 'ordered', source: 'chain' },
  };
}

function planNamedRoute(
  name: string,
  config: PlanRouteInput['config'],
  param: string,
): RoutePlan | RouteError {
  const route = Object.hasOwn(config.routes, name) ? config.routes[name] : undefined;
  if (!route) {
    const known = Object.keys(config.routes).join(', ') || 'none';
    return {
      status: 'error',
      code: 'unknown_route',
      message: `There is no route "${name}"; known routes: ${known}.`,
      param,
    };
  }
  return {
    status: 'ok',
    route: name,
    chain: route.targets as readonly Target[],
    rounds: route.rounds,
    decision: { strategy: route.strategy, source: 'route' },
  };
}

function planModel(
  model: string,
  config: PlanRouteInput['config'],
  targetsOfModel: PlanRouteInput['targetsOfModel'],
): RoutePlan | RouteError {
  if (Object.hasOwn(config.routes, model)) return planNamedRoute(model, config, 'request.model');
  const single = (target: Target, source: 'target' | 'model'): RoutePlan => ({
    status: 'ok',
    route: null,
    chain: [target],
    rounds: DEFAULT_ROUNDS,
    decision: { strategy: 'ordered', source },
  });
  const parts = parseTarget(model);
  if (parts && Object.hasOwn(config.providers, parts.provider)) return single(model as Target, 'target');
  const [found] = targetsOfModel(model);
  if (found) return single(found, 'model');
  if (parts) return checkTarget(model as Target, config, 'request.model') as RouteError;
  return {
    status: 'error',
    code: 'unknown_model',
    message: `No configured provider lists the model "${model}"; write provider/model, or name a route.`,
    param: 'request.model',
  };
}

function checkTarget(target: Target, config: PlanRouteInput['config'], param: string): RouteError | null {
  const parts = parseTarget(target);
  if (parts && Object.hasOwn(config.providers, parts.provider)) return null;
  const known = Object.keys(config.providers).join(', ') || 'none';
  return {
    status: 'error',
    code: 'unknown_target',
    message: `There is no provider "${parts?.provider ?? target}" in "${target}"; known providers: ${known}.`,
    param,
  };
}
