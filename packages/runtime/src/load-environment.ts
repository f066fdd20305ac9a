import { parseKeyRing, type RingKey } from '@sluice/vault';
import { z } from 'zod';
import { ConfigError } from './config-error.ts';

const hostPortSchema = z
  .string()
  .regex(/^[^\s:]+:\d{1,5}$/, 'must be host:port, several separated by commas')
  .transform((text) => {
    const [host, port] = text.split(':') as [string, string];
    return { host, port: Number(port) };
  });

const hostPortListSchema = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(hostPortSchema).min(1));

const portSchema = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number')
  .transform(Number)
  .pipe(z.number().max(65_535));

const environmentSchema = z.object({
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'must be redis://host:port or rediss://host:port' })
    .optional(),
  REDIS_CLUSTER: hostPortListSchema.optional(),
  REDIS_SENTINELS: hostPortListSchema.optional(),
  REDIS_SENTINEL_NAME: z.string().optional(),
  REDIS_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be letters, digits, ".", "-" or "_": it begins every key')
    .default('sluice'),
  PORT: portSchema.prefault('8420'),
  HOST: z.string().default('127.0.0.1'),
  HEALTH_PORT: portSchema.optional(),
  PUBLIC_BASE_URL: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  SLUICE_CONFIG: z.string().optional(),
  SLUICE_ADMIN_KEY: z.string().min(1).optional(),
  SLUICE_ENCRYPTION_KEYS: z
    .string()
    .transform((text, context) => {
      const ring = parseKeyRing(text);
      if (ring) return ring;
      context.addIssue('must be <id>:<base64 of 32 bytes>, several separated by commas, ids that differ');
      return z.NEVER;
    })
    .optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

export interface HostPort {
  host: string;
  port: number;
}

/** The process environment, parsed. Only `loadEnvironment` and `loadConfig` read it. */
export interface Environment {
  /** REDIS_URL, REDIS_CLUSTER or REDIS_SENTINELS is set; else `sluice dev` runs a Redis of its own. */
  redisConfigured: boolean;
  /** Default `redis://127.0.0.1:6379`; not used with `redisCluster` or `redisSentinels`. */
  redisUrl: string;
  redisCluster: readonly HostPort[] | null;
  redisSentinels: readonly HostPort[] | null;
  /** Name of the monitored master; default `mymaster`. */
  redisSentinelName: string;
  /** Begins every key; default `sluice`. */
  redisPrefix: string;
  /** 0 lets the system choose. Default 8420. */
  port: number;
  /** Default 127.0.0.1. */
  host: string;
  /** Port of worker and dispatcher for `/livez`, `/readyz` and `/metrics`; null: off. */
  healthPort: number | null;
  /** Without a slash at the end. Default: `http://` and the address that the API listens on. */
  publicBaseUrl: string;
  /** File that `SLUICE_CONFIG` names; null: `sluice.yaml` when it exists. */
  configPath: string | null;
  /** Key that may do everything; null: none. */
  adminKey: string | null;
  /** Seal what is stored: the first seals, all open. Empty: it is stored as it is. */
  encryptionKeys: readonly RingKey[];
  logLevel: string;
}

/**
 * Reads the environment once. Empty variables count as absent.
 * @throws ConfigError naming every variable that is wrong.
 */
export function loadEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(present);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${String(issue.path[0])}: ${issue.message}`);
    throw new ConfigError(`The environment is not usable. Correct these variables:\n${faults.join('\n')}`);
  }
  const value = parsed.data;
  if (value.REDIS_CLUSTER && value.REDIS_SENTINELS) {
    throw new ConfigError('Set REDIS_CLUSTER or REDIS_SENTINELS, not both.');
  }
  const visibleHost = ['0.0.0.0', '::'].includes(value.HOST) ? '127.0.0.1' : value.HOST;
  const urlHost = visibleHost.includes(':') ? `[${visibleHost}]` : visibleHost;
  return {
    redisUrl: value.REDIS_URL ?? 'redis://127.0.0.1:6379',
    redisConfigured: Boolean(value.REDIS_URL ?? value.REDIS_CLUSTER ?? value.REDIS_SENTINELS),
    redisCluster: value.REDIS_CLUSTER ?? null,
    redisSentinels: value.REDIS_SENTINELS ?? null,
    redisSentinelName: value.REDIS_SENTINEL_NAME ?? 'mymaster',
    redisPrefix: value.REDIS_PREFIX,
    port: value.PORT,
    host: value.HOST,
    healthPort: value.HEALTH_PORT ?? null,
    publicBaseUrl: (value.PUBLIC_BASE_URL ?? `http://${urlHost}:${value.PORT}`).replace(/\/+$/, ''),
    configPath: value.SLUICE_CONFIG ?? null,
    adminKey: value.SLUICE_ADMIN_KEY ?? null,
    encryptionKeys: value.SLUICE_ENCRYPTION_KEYS ?? [],
    logLevel: value.LOG_LEVEL,
  };
}
