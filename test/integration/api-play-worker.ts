import type { ChatCompletion } from '@sluice/contracts';
import { unpaidEnd, type JobRecord } from '@sluice/broker';
import type { ApiFixture } from './api-fixture.ts';

const RESULT: ChatCompletion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_800_000_000,
  model: 'gpt-5.4-mini',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Hello.', refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: {
    prompt_tokens: 3,
    completion_tokens: 2,
    total_tokens: 5,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  },
};

/** Does to a job what a worker would: starts an attempt, streams pieces, completes. */
export async function playWorker(fixture: ApiFixture, id: string) {
  const { jobs, transitions } = fixture.open.broker;
  const job = (await jobs.get(id, 'default')) as JobRecord;
  return {
    async start(): Promise<void> {
      const target = job.chain[0] as `${string}/${string}`;
      await transitions.start(job, { target, provider_key: 'default', region: null, lane: 'live' });
    },
    async delta(content: string): Promise<void> {
      await transitions.delta(id, 1, { index: 0, delta: { content } });
    },
    async complete(): Promise<void> {
      await transitions.finish(job, {
        condition: 'any',
        status: 'completed',
        attemptEnd: { ...unpaidEnd('abandoned', null), status: 'succeeded', latency_ms: 5 },
        result: RESULT,
      });
    },
  };
}
