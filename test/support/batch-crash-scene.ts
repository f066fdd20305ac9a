import { randomUUID } from 'node:crypto';
import type { NewJob } from '@sluice/broker';
import type { Target } from '@sluice/contracts';
import { startSimulator, type Simulator } from '@sluice/simulator';
import { SCALED_LANES } from './batch-lane-stack.ts';
import type { CrashPoint } from './crash-point.ts';
import { runUntilCrash } from './crash-run.ts';
import { freshBrokerJob } from './fresh-broker-job.ts';
import { createFreshBroker, type FreshBroker } from './fresh-broker.ts';
import { CRASH_INTERVALS, startHealthy } from './start-healthy.ts';

export interface BatchCrashScene {
  jobs: NewJob[];
  simulator: Simulator;
  fresh: FreshBroker;
  submit(): Promise<void>;
  /** A worker that ends at the point by SIGKILL. */
  crash(point: CrashPoint): Promise<void>;
  /** A worker and a dispatcher that stay. */
  startHealthy(): Promise<void>;
  close(): Promise<void>;
}

/** Some jobs of the batch lane of one target, a simulated provider, and workers that crash or stay. */
export async function createBatchCrashScene(
  redisUrl: string,
  { target, count }: { target: Target; count: number },
): Promise<BatchCrashScene> {
  const closers: (() => Promise<unknown>)[] = [];
  const prefix = `crash-${randomUUID()}`;
  const simulator = await startSimulator({
    config: {
      latency: { p50_ms: 5, tokens_per_second: 0 },
      batch: { processing_ms: { min: 100, max: 100 } },
    },
  });
  closers.push(() => simulator.close());
  const fresh = createFreshBroker(redisUrl, { prefix });
  closers.push(() => fresh.close());

  const [provider] = target.split('/') as [string];
  const config = {
    durability: 'memory',
    providers: { [provider]: { kind: provider, api_key: 'simulated', base_url: simulator.urlFor(provider) } },
    routes: { default: { targets: [target] } },
    retries: { base_delay: '20ms', max_delay: '100ms' },
    lanes: { ...SCALED_LANES, batch: { ...SCALED_LANES.batch, collect: '50ms', lease: '500ms' } },
  };
  const jobs = Array.from({ length: count }, (_, n) =>
    freshBrokerJob({
      lane: 'batch',
      tier: 'flex',
      chain: [target],
      deadlineMs: Date.now() + 60_000,
      request: { messages: [{ role: 'user', content: `Say ${n}.` }] },
    }),
  );
  return {
    jobs,
    simulator,
    fresh,
    submit: async () => void (await Promise.all(jobs.map((job) => fresh.broker.jobs.submit(job)))),
    crash: (point) =>
      runUntilCrash(
        { ...CRASH_INTERVALS, role: 'worker', point, redisUrl, prefix, config, job: jobs[0] as NewJob },
        () => Promise.resolve(),
      ),
    startHealthy: () => startHealthy({ redisUrl, prefix, config }, closers),
    async close() {
      for (const close of closers.splice(0).toReversed()) await close();
    },
  };
}
