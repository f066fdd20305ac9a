import type { Config, JobSubmission } from '@sluice/contracts';

/** The route that a submission will use, as `planRoute` finds it; null for a chain, a target or a model. */
export function namedRoute(
  {
    route,
    chain,
    request,
  }: Pick<JobSubmission, 'route' | 'chain'> & { request: { model?: string | undefined } },
  { routes }: Pick<Config, 'routes'>,
): string | null {
  if (chain) return null;
  const name = route ?? request.model ?? 'default';
  return Object.hasOwn(routes, name) ? name : null;
}
