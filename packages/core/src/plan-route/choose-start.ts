import { parseTarget, type Config, type JobSubmission, type Target } from '@sluice/contracts';
import type { ConditionSubject } from './match-condition.ts';
import { mayNameProvider, mayNameRoute, mayNameTargets, type ForcedPolicy } from './key-policy.ts';
import { chainNode, routeTree, type RouteBranch } from './route-tree.ts';

/** How the caller said where the request may go. */
export type PlanSource = 'route' | 'chain' | 'target' | 'model';

export interface RouteStart {
  status: 'ok';
  source: PlanSource;
  root: RouteBranch;
  rounds: number;
  /** A plain model name is a chain of one: the best of those that serve it. */
  takesOne: boolean;
}

export interface StartError {
  status: 'error';
  code: 'unknown_route' | 'unknown_target' | 'unknown_model' | 'not_allowed';
  message: string;
  /** The field of the submission that is wrong. */
  param: string;
}

export interface StartInput {
  submission: Pick<JobSubmission, 'route' | 'chain'> & { request: { model?: string | undefined } };
  config: Pick<Config, 'providers' | 'routes'>;
  targetsOfModel: (model: string) => readonly Target[];
  subject: ConditionSubject;
  forced: ForcedPolicy | null;
}

export const DEFAULT_ROUNDS = 3;

/** Which route, chain, target or model the caller means. */
export function chooseStart(input: StartInput): RouteStart | StartError {
  const { route, chain, request } = input.submission;
  if (chain) return startChain(chain as readonly Target[], input);
  if (route !== undefined) return startRoute(route, 'route', input);
  if (request.model === undefined) return startRoute('default', 'request.model', input);
  return startModel(request.model, input);
}

function startChain(chain: readonly Target[], input: StartInput): RouteStart | StartError {
  for (const [index, target] of chain.entries()) {
    const error = unknownProvider(target, input, `chain.${index}`);
    if (error) return error;
  }
  return direct(chain, { source: 'chain', param: 'chain' }, input);
}

function startRoute(
  name: string,
  param: string,
  { config, subject, forced }: StartInput,
): RouteStart | StartError {
  const route = Object.hasOwn(config.routes, name) ? config.routes[name] : undefined;
  if (!route) {
    const known = Object.keys(config.routes).filter((route) => mayNameRoute(route, forced));
    const message = `There is no route "${name}"; known routes: ${known.join(', ') || 'none'}.`;
    return { status: 'error', code: 'unknown_route', message, param };
  }
  if (!mayNameRoute(name, forced)) {
    return {
      status: 'error',
      code: 'not_allowed',
      message: `The API key may not use route "${name}".`,
      param,
    };
  }
  const root = routeTree(name, { routes: config.routes, subject });
  return { status: 'ok', source: 'route', root, rounds: route.rounds, takesOne: false };
}

function startModel(model: string, input: StartInput): RouteStart | StartError {
  const { config, targetsOfModel } = input;
  const param = 'request.model';
  if (Object.hasOwn(config.routes, model)) return startRoute(model, param, input);
  const parts = parseTarget(model);
  if (parts && Object.hasOwn(config.providers, parts.provider))
    return direct([model as Target], { source: 'target', param }, input);
  const found = targetsOfModel(model);
  if (found.length > 0) return direct(found, { source: 'model', param }, input);
  if (parts) return unknownProvider(model as Target, input, param) as StartError;
  return {
    status: 'error',
    code: 'unknown_model',
    message: `No configured provider lists the model "${model}"; write provider/model, or name a route.`,
    param,
  };
}

function direct(
  targets: readonly Target[],
  { source, param }: { source: PlanSource; param: string },
  { forced }: StartInput,
): RouteStart | StartError {
  if (!mayNameTargets(forced)) {
    const message = `The API key is bound to routes: ${forced?.routes?.join(', ')}.`;
    return { status: 'error', code: 'not_allowed', message, param };
  }
  const root = chainNode(targets);
  return { status: 'ok', source, root, rounds: DEFAULT_ROUNDS, takesOne: source === 'model' };
}

function unknownProvider(target: Target, { config, forced }: StartInput, param: string): StartError | null {
  const parts = parseTarget(target);
  if (parts && Object.hasOwn(config.providers, parts.provider)) return null;
  const mayName = (provider: string): boolean => mayNameTargets(forced) && mayNameProvider(provider, forced);
  const known = Object.keys(config.providers).filter(mayName).join(', ') || 'none';
  return {
    status: 'error',
    code: 'unknown_target',
    message: `There is no provider "${parts?.provider ?? target}" in "${target}"; known providers: ${known}.`,
    param,
  };
}
