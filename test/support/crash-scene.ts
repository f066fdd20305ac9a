import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NewJob } from '@sluice/broker';
import { startSimulator, type Simulator } from '@sluice/simulator';
import type { CrashTask } from './crash-child.ts';
import { runUntilCrash } from './crash-run.ts';
import { freshBrokerJob } from './fresh-broker-job.ts';
import { createFreshBroker, type FreshBroker } from './fresh-broker.ts';
import { CRASH_INTERVALS, startHealthy } from './start-healthy.ts';

export interface CrashScene {
  job: NewJob;
  simulator: Simulator;
  /** Looks at what is stored, and submits. */
  fresh: FreshBroker;
  /** `webhook-id` of everything that the receiver got. */
  webhookIds: string[];
  crash(task: Pick<CrashTask, 'role' | 'point'>, reached?: () => Promise<unknown>): Promise<void>;
  /** A worker and a dispatcher that do not crash. */
  startHealthy(): Promise<void>;
  close(): Promise<void>;
}

/** One job, a simulated provider, a receiver of its webhook, and processes that crash or stay. */
export async function createCrashScene(
  redisUrl: string,
  {
    stream = false,
    idIsNew = false,
    waitedFor = false,
  }: {
    stream?: boolean;
    idIsNew?: boolean;
    /** A caller waits, so that the job's ticket describes it. */
    waitedFor?: boolean;
  },
): Promise<CrashScene> {
  const closers: (() => Promise<unknown>)[] = [];
  const prefix = `crash-${randomUUID()}`;
  const simulator = await startSimulator({ config: { latency: { p50_ms: 5, tokens_per_second: 0 } } });
  closers.push(() => simulator.close());

  const webhookIds: string[] = [];
  const receiver = createServer((request, response) => {
    webhookIds.push(String(request.headers['webhook-id']));
    request.resume().on('end', () => response.end());
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  closers.push(async () => {
    receiver.closeAllConnections();
    receiver.close();
    await once(receiver, 'close');
  });

  const config = {
    durability: 'memory',
    providers: { openai: { kind: 'openai', api_key: 'simulated', base_url: simulator.urlFor('openai') } },
    retries: { base_delay: '20ms', max_delay: '100ms' },
    webhooks: { allow_cidrs: ['127.0.0.0/8'], retry_schedule: ['1s', '1s', '1s'] },
  };
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const secret = `whsec_${Buffer.from(randomUUID()).toString('base64')}`;
  const job = freshBrokerJob({
    idIsNew,
    ...(waitedFor ? { replyTo: { address: `${prefix}:reply`, of: 'end' } } : {}),
    request: { messages: [{ role: 'user', content: 'Say hello.' }], stream },
    options: { webhook: { url, secret, events: ['job.completed', 'job.failed', 'job.expired'] } },
  });
  const fresh = createFreshBroker(redisUrl, { prefix });
  closers.push(() => fresh.close());

  return {
    job,
    simulator,
    fresh,
    webhookIds,
    crash: (task, reached = () => Promise.resolve()) =>
      runUntilCrash({ ...CRASH_INTERVALS, redisUrl, prefix, config, job, ...task }, reached),
    startHealthy: () => startHealthy({ redisUrl, prefix, config }, closers),
    async close() {
      for (const close of closers.splice(0).toReversed()) await close();
    },
  };
}
