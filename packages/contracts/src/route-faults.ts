import type { Config } from './config.ts';
import { parseTarget } from './target.ts';

/** Routes in routes, the outermost counted: more is hardly meant. */
const MAX_DEPTH = 8;

/**
 * What is wrong with the routes of a configuration beyond their form: providers and routes that do not exist, and
 * routes that lead back to themselves. One line each, beginning with the place.
 */
export function routeFaults({ providers, routes }: Pick<Config, 'providers' | 'routes'>): string[] {
  const faults: string[] = [];
  const knownProviders = Object.keys(providers);
  const knownRoutes = Object.keys(routes);
  for (const { route, place, name } of entriesOf(routes)) {
    const provider = parseTarget(name)?.provider;
    const where = `routes.${route}.${place}`;
    if (provider === undefined && !knownRoutes.includes(name)) {
      faults.push(`${where}: route "${name}" does not exist (there are: ${knownRoutes.join(', ')})`);
    }
    if (provider !== undefined && !knownProviders.includes(provider)) {
      const known = knownProviders.join(', ') || 'none';
      faults.push(`${where}: provider "${provider}" is not configured (there are: ${known})`);
    }
  }
  return [...faults, ...loops(routes)];
}

function* entriesOf(routes: Config['routes']): Generator<{ route: string; place: string; name: string }> {
  for (const [route, { targets, when }] of Object.entries(routes)) {
    for (const [index, name] of targets.entries()) yield { route, place: `targets.${index}`, name };
    for (const [rule, { use }] of when.entries()) {
      for (const [index, name] of use.entries()) {
        yield { route, place: `when.${rule}.use${use.length > 1 ? `.${index}` : ''}`, name };
      }
    }
  }
}

/** Each loop is told once, at the first of its routes that is met; and each route that is nested too deeply. */
function loops(routes: Config['routes']): string[] {
  const faults: string[] = [];
  const inner = new Map<string, string[]>();
  for (const { route, name } of entriesOf(routes)) {
    if (!name.includes('/')) inner.set(route, [...(inner.get(route) ?? []), name]);
  }
  const depths = new Map<string, number>();
  const visit = (route: string, path: readonly string[]): number => {
    const known = depths.get(route);
    if (known !== undefined) return known;
    if (path.includes(route)) {
      const loop = [...path.slice(path.indexOf(route)), route].join(' → ');
      faults.push(`routes.${route}: leads back to itself (${loop}); a route can't hold itself`);
      return 0;
    }
    const below = (inner.get(route) ?? []).map((name) => visit(name, [...path, route]));
    const depth = 1 + Math.max(0, ...below);
    depths.set(route, depth);
    if (depth === MAX_DEPTH + 1) {
      faults.push(`routes.${route}: holds routes within routes ${MAX_DEPTH} deep; that is the most`);
    }
    return depth;
  };
  for (const route of Object.keys(routes)) visit(route, []);
  return faults;
}
