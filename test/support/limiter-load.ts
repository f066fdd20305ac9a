import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Limits } from '@sluice/contracts';
import { startSimulator, type CallRecord } from '@sluice/simulator';
import type { LimiterLoadTask } from './limiter-load-child.ts';
import { startLimiterRedis, type LimiterRedis } from './limiter-redis.ts';
import { until } from './limiter-until.ts';

export interface LimiterLoadRun {
  limits: Partial<Limits>;
  enforcement: 'bucket' | 'window';
  processes: number;
  durationMs: number;
  callers: number;
  estimate: { inputTokens: number; outputTokens: number };
  prompt: string;
  maxTokens: number;
  /** How long a call takes at the provider. */
  latencyMs: number;
  /** Disturbs the run; called every second with the second. */
  disturb?: (second: number, scene: LimiterLoadScene) => void;
  /** Started in the place of plain Node, as `['faketime', '-f', '+15s']`. For the first process only. */
  wrapper?: readonly string[];
}

export interface LimiterLoadScene {
  redis: LimiterRedis;
  processes: readonly ChildProcess[];
  /** Kills one and starts another. */
  replace(index: number): void;
}

export interface LimiterLoadResult {
  calls: number;
  overshoots: number;
  refused: number;
  /** Share of what the provider allowed in the time from the first call to the end. */
  utilisation: number;
}

const FIRST_CALL_MS = 60_000;

/** Runs load processes against a simulated provider with the same limits, which judges them independently. */
export async function runLimiterLoad(run: LimiterLoadRun): Promise<LimiterLoadResult> {
  const redis = await startLimiterRedis({ fsync: 'everysec' });
  const { arrival_jitter_ms: _, ...limits } = { arrival_jitter_ms: 250, ...run.limits };
  const simulator = await startSimulator({
    config: {
      accounts: { openai: { kind: 'openai', limits: { ...limits, enforcement: run.enforcement } } },
      latency: { p50_ms: run.latencyMs, p95_ms: run.latencyMs, p99_ms: run.latencyMs, tokens_per_second: 0 },
    },
  });
  const task: LimiterLoadTask = {
    redisUrl: redis.url,
    prefix: 'load',
    limits: { provider: { arrival_jitter_ms: 250, ...run.limits, enforcement: run.enforcement }, models: {} },
    providerUrl: simulator.urlFor('openai'),
    callers: run.callers,
    estimate: run.estimate,
    prompt: run.prompt,
    maxTokens: run.maxTokens,
  };
  const start = (index: number): ChildProcess => {
    const [command, ...args] = index === 0 ? (run.wrapper ?? []) : [];
    const options = command ? { execPath: command, execArgv: [...args, process.execPath] } : { execArgv: [] };
    return fork(join(import.meta.dirname, 'limiter-load-child.ts'), [JSON.stringify(task)], options);
  };
  const processes = Array.from({ length: run.processes }, (_value, index) => start(index));
  const replace = (index: number): void => {
    processes[index]?.kill('SIGKILL');
    processes[index] = start(index);
  };

  try {
    await until('the first call', () => simulator.control.summary().calls > 0, FIRST_CALL_MS);
    const firstMs = performance.now();
    for (let second = 1; performance.now() - firstMs < run.durationMs; second += 1) {
      await pause(Math.min(1_000, run.durationMs));
      run.disturb?.(second, { redis, processes, replace });
    }
    const calls = simulator.control.calls();
    const elapsedMs = performance.now() - firstMs;
    return {
      calls: calls.length,
      overshoots: simulator.control.overshoots().length,
      refused: calls.filter(({ status }) => status === 429).length,
      utilisation: utilisationOf(run, { calls, elapsedMs }),
    };
  } finally {
    for (const child of processes) {
      child.kill('SIGCONT');
      // A wrapper runs the load in a process of its own, which ends when its channel closes.
      if (child.connected) child.disconnect();
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    await simulator.close();
    await redis.close();
  }
}

function utilisationOf(
  { limits }: LimiterLoadRun,
  { calls, elapsedMs }: { calls: readonly CallRecord[]; elapsedMs: number },
): number {
  const minutes = elapsedMs / 60_000;
  const admitted = calls.filter(({ status }) => status !== 429);
  if (limits.tokens_per_minute !== undefined) {
    const tokens = admitted.reduce((sum, call) => sum + call.prompt_tokens + call.completion_tokens, 0);
    return tokens / (limits.tokens_per_minute * minutes);
  }
  if (limits.requests_per_minute !== undefined)
    return admitted.length / (limits.requests_per_minute * minutes);
  // How long slots were taken at the provider, which is longer than its latency when the machine is busy.
  const endMs = performance.timeOrigin + performance.now();
  const takenMs = admitted.reduce((sum, { at_ms, latency_ms }) => sum + (latency_ms ?? endMs - at_ms), 0);
  return takenMs / ((limits.concurrency ?? 1) * elapsedMs);
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
