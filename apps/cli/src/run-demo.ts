import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Job, jobSchema } from '@sluice/contracts';
import { type ApiClient, createApiClient } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { DEMO_PROMPTS, type DemoPrompt } from './demo-prompts.ts';
import type { DemoOutcome } from './demo-report.ts';
import { readJob } from './read-job.ts';
import { type DemoReceiver, startDemoReceiver } from './start-demo-receiver.ts';
import { startDemoProgress } from './start-demo-progress.ts';
import type { LocalBroker } from './start-local-broker.ts';

const LONGEST_WAIT_MS = 180_000;

/** Submits the prompts to a broker whose first provider fails, and waits for all webhooks, at most 3 minutes. */
export async function runDemo(
  context: CommandContext,
  broker: Pick<LocalBroker, 'url' | 'adminKey'>,
): Promise<DemoOutcome> {
  const client = createApiClient({ baseUrl: broker.url, key: broker.adminKey });
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  let progress: { update(done: number): void } | null = null;
  const receiver = await startDemoReceiver({
    secret,
    onWebhook: () => progress?.update(receiver.verified.size),
  });
  try {
    const submitted = await Promise.all(
      DEMO_PROMPTS.map(async (prompt) => ({
        prompt,
        id: await submit(client, prompt, receiver.url, secret),
      })),
    );
    context.stderr.write(`${submitted.length} jobs submitted, waiting for their webhooks\n`);
    const bar = startDemoProgress(context, submitted.length);
    progress = bar;
    await allWebhooks(receiver, submitted.length);
    bar.stop();
    for (const reason of new Set(receiver.refused)) context.stderr.write(`webhook refused: ${reason}\n`);
    const jobs = await Promise.all(
      submitted.map(async ({ prompt, id }): Promise<{ prompt: DemoPrompt; job: Job }> => ({
        prompt,
        job: await readJob(client, id),
      })),
    );
    return { jobs, webhooksVerified: submitted.filter(({ id }) => receiver.verified.has(id)).length };
  } finally {
    await receiver.close();
  }
}

async function submit(client: ApiClient, prompt: DemoPrompt, url: string, secret: string): Promise<string> {
  const body = {
    request: { messages: [{ role: 'user', content: prompt.prompt }], max_tokens: prompt.maxTokens },
    tier: prompt.tier,
    // With a day's time jobs of tier flex would wait for a provider's batch.
    within: '30m',
    task: prompt.task,
    webhook: { url, secret },
    tags: ['demo'],
  };
  return jobSchema.parse(await client.json('/v1/jobs', { method: 'POST', body })).id;
}

async function allWebhooks(receiver: DemoReceiver, count: number): Promise<void> {
  const endMs = performance.now() + LONGEST_WAIT_MS;
  while (receiver.verified.size < count && performance.now() < endMs) await delay(50);
}
