import type { DurabilityMode } from '@sluice/contracts';
import {
  connectRedis,
  describeRedisConcerns,
  type Environment,
  readRedisFacts,
  type RedisFacts,
} from '@sluice/runtime';
import type { DoctorFinding } from './doctor-finding.ts';

const WAIT_MS = 5_000;
/** BullMQ's recommended minimum is 6.2; the limiter's scripts and WAITAOF set ours. */
const OLDEST_MAJOR_VERSION = 7;

/** Version, eviction policy, append-only file and clock of the Redis that the environment names. */
export async function examineRedis(
  environment: Environment,
  durability: DurabilityMode,
): Promise<DoctorFinding[]> {
  let lastError = 'no answer';
  const redis = connectRedis({
    environment,
    role: 'submit',
    onError: (error) => {
      lastError = error.message || (error as NodeJS.ErrnoException).code || error.name;
    },
  });
  try {
    await ready(redis);
    return describe(await readRedisFacts(redis), durability);
  } catch (error) {
    const reason = lastError === 'no answer' ? (error as Error).message : lastError;
    const message = `does not answer (${reason}): start it with "npm start", or set REDIS_URL`;
    return [{ level: 'fail', check: 'redis', message }];
  } finally {
    redis.disconnect();
  }
}

async function ready(redis: ReturnType<typeof connectRedis>): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${WAIT_MS} ms`)), WAIT_MS);
    redis.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function describe(facts: RedisFacts, durability: DurabilityMode): DoctorFinding[] {
  const isOld = Number.parseInt(facts.version, 10) < OLDEST_MAJOR_VERSION;
  const isEvicting = facts.maxmemoryPolicy !== null && facts.maxmemoryPolicy !== 'noeviction';
  const skewMs = Math.abs(facts.clockSkewMs);
  const version = `${facts.version}, ${facts.mode}, ${facts.role}, round trip ${facts.roundTripMs} ms`;
  const aof = facts.aofEnabled ? `on, appendfsync ${facts.appendfsync ?? 'unknown'}` : 'off';
  const aofConcern = describeRedisConcerns(facts, durability).find((text) => text.startsWith('durability'));
  return [
    isOld
      ? { level: 'fail', check: 'redis', message: `${version}: use Redis 7 or newer` }
      : { level: 'ok', check: 'redis', message: version },
    isEvicting
      ? {
          level: 'fail',
          check: 'eviction',
          message: `maxmemory-policy is ${facts.maxmemoryPolicy}: set it to noeviction, else Redis may drop jobs`,
        }
      : {
          level: 'ok',
          check: 'eviction',
          message: `maxmemory-policy ${facts.maxmemoryPolicy ?? 'not told'}`,
        },
    aofConcern
      ? { level: facts.aofEnabled ? 'warn' : 'fail', check: 'aof', message: aofConcern }
      : { level: 'ok', check: 'aof', message: `${aof}, durability ${durability}` },
    skewMs > 1_000
      ? {
          level: 'warn',
          check: 'clock',
          message: `differs from Redis' by ${facts.clockSkewMs} ms: synchronise both`,
        }
      : { level: 'ok', check: 'clock', message: `differs from Redis' by ${facts.clockSkewMs} ms` },
  ];
}
