import type { RedisClient } from './script.ts';

const MEASURE_EVERY_MS = 10_000;

export interface ServerClock {
  /** Milliseconds of Redis' clock, as good as half a round trip. */
  nowMs(): number;
  close(): void;
}

/**
 * Redis' clock as this process knows it: deadlines and cool-downs are written in it, and a process's own clock may
 * be wrong by seconds. Measured at once and every 10 s; while Redis is away the last offset stands.
 */
export async function startServerClock(redis: RedisClient): Promise<ServerClock> {
  let offsetMs = 0;
  const measure = async (): Promise<void> => {
    const before = performance.now();
    const [seconds, micros] = await redis.time();
    const serverMs = Number(seconds) * 1_000 + Number(micros) / 1_000;
    offsetMs = serverMs + (performance.now() - before) / 2 - performance.now();
  };
  offsetMs = Date.now() - performance.now();
  await measure().catch(() => undefined);
  const timer = setInterval(() => void measure().catch(() => undefined), MEASURE_EVERY_MS);
  return {
    nowMs: () => Math.round(offsetMs + performance.now()),
    close: () => clearInterval(timer),
  };
}
