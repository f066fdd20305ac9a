import { existsSync, readFileSync } from 'node:fs';
import { configSchema, routeFaults, type Config } from '@sluice/contracts';
import { ConfigError } from './config-error.ts';
import { defaultConfig } from './default-config.ts';
import { describeConfigIssue } from './describe-config-issue.ts';
import { interpolateYaml } from './interpolate-yaml.ts';

export interface LoadConfigOptions {
  /** Default: what `SLUICE_CONFIG` names, else `sluice.yaml` in the working directory when it exists. */
  path?: string | undefined;
  /** Default: the process environment. */
  env?: NodeJS.ProcessEnv;
}

/**
 * Reads and checks the configuration; without a file, the built-in one. A file that has no `providers` gets the
 * built-in providers, and one that has neither `providers` nor `routes` the built-in route as well.
 * @throws ConfigError listing every fault with its path and what to do.
 */
export function loadConfig({ path, env = process.env }: LoadConfigOptions = {}): Config {
  const named = path ?? (env['SLUICE_CONFIG'] || undefined);
  const file = named ?? (existsSync('sluice.yaml') ? 'sluice.yaml' : undefined);
  if (file === undefined) return parse(defaultConfig(env), 'The built-in configuration');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(`${file} can't be read (${(cause as Error).message}). Correct SLUICE_CONFIG.`, {
      cause,
    });
  }
  const content = interpolateYaml(text, { env, path: file }) ?? {};
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new ConfigError(`${file} must hold keys such as providers and routes.`);
  }
  return parse(withDefaults(content as Record<string, unknown>, env), file);
}

function withDefaults(content: Record<string, unknown>, env: NodeJS.ProcessEnv): Record<string, unknown> {
  const defaults = defaultConfig(env);
  if (content['providers'] !== undefined) return withoutEmptyKeyPools(content);
  return content['routes'] === undefined
    ? { ...content, ...defaults }
    : { ...content, providers: defaults.providers };
}

/** A key of a pool whose variable is not set is left out; a pool without keys counts as no key, like `api_key`. */
function withoutEmptyKeyPools(content: Record<string, unknown>): Record<string, unknown> {
  for (const provider of Object.values(content['providers'] ?? {})) {
    const pool = (provider as { api_keys?: unknown } | null)?.api_keys;
    if (!Array.isArray(pool)) continue;
    const kept = pool.filter((entry: { key?: unknown } | null) => entry?.key !== undefined);
    if (kept.length === 0 && pool.length > 0) delete (provider as { api_keys?: unknown }).api_keys;
    else (provider as { api_keys?: unknown }).api_keys = kept;
  }
  return content;
}

function parse(content: unknown, source: string): Config {
  const parsed = configSchema.safeParse(content);
  const faults = parsed.success
    ? routeFaults(parsed.data)
    : parsed.error.issues.flatMap((issue) => describeConfigIssue(issue));
  if (faults.length > 0) {
    throw new ConfigError(
      `${source} is not usable. Correct:\n${faults.map((line) => `  ${line}`).join('\n')}`,
    );
  }
  return parsed.data as Config;
}
