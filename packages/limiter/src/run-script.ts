import type { Redis } from 'ioredis';
import type { Script } from './load-script.ts';

export interface ScriptCall {
  redis: Redis;
  timeoutMs: number;
  script: Script;
  keys: readonly string[];
  /** A function is asked again when the script has to be sent again, because Redis did not have it. */
  args: readonly (string | number)[] | (() => readonly (string | number)[]);
}

/** `failed` and `sent`: Redis may or may not have run it. */
export type ScriptOutcome = { status: 'ok'; reply: unknown } | ScriptFailure;

export interface ScriptFailure {
  status: 'failed';
  sent: boolean;
  error: Error;
}

/** Runs a script once, with a timeout. Never rejects; fails at once while there is no connection. */
export async function runScript(call: ScriptCall): Promise<ScriptOutcome> {
  const { redis, timeoutMs, script } = call;
  if (redis.status !== 'ready') {
    const error = new Error(`limiter: no connection to Redis (${redis.status})`);
    return { status: 'failed', sent: false, error };
  }
  const { promise: late, resolve } = Promise.withResolvers<ScriptOutcome>();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    const error = new Error(`limiter: Redis did not answer ${script.name} in ${timeoutMs} ms`);
    resolve({ status: 'failed', sent: true, error });
  }, timeoutMs);
  try {
    return await Promise.race([evaluate(call, () => isLate), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function evaluate(
  { redis, script, keys, args }: ScriptCall,
  isLate: () => boolean,
): Promise<ScriptOutcome> {
  const argsNow = () => (typeof args === 'function' ? args() : args);
  try {
    return { status: 'ok', reply: await redis.evalsha(script.sha, keys.length, ...keys, ...argsNow()) };
  } catch (error) {
    // Whoever was told that it failed may have undone it: sent again, it would come after that.
    const isUnknown = error instanceof Error && error.message.startsWith('NOSCRIPT');
    if (!isUnknown || isLate()) return failed(script, error);
  }
  try {
    return { status: 'ok', reply: await redis.eval(script.source, keys.length, ...keys, ...argsNow()) };
  } catch (error) {
    return failed(script, error);
  }
}

function failed(script: Script, cause: unknown): ScriptOutcome {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const error = new Error(`limiter: ${script.name} failed: ${reason}`, { cause });
  return { status: 'failed', sent: true, error };
}
