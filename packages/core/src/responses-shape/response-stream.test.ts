import type { ChatCompletion, JobEvent } from '@sluice/contracts';
import { expect, test } from 'vitest';
import { createResponseStream, type ResponseEvent } from './response-stream.ts';
import { responseOutput, type OutputItem } from './response-output.ts';
import type { ResponseFacts } from './to-response.ts';

const FACTS: ResponseFacts = {
  jobId: 'job_1',
  status: 'queued',
  createdAtMs: 1_000,
  finishedAtMs: null,
  tier: 'standard',
  background: true,
  instructions: null,
  previousResponseId: null,
  request: { model: 'm', messages: [{ role: 'user', content: 'Hello.' }] },
  metadata: {},
  target: 'openai/m',
  result: null,
  error: null,
};

const RESULT: ChatCompletion = {
  id: 'x',
  object: 'chat.completion',
  created: 1,
  model: 'm-1',
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: 'Hi there',
        refusal: null,
        reasoning: 'Hm.',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'a', arguments: '{"x":1}' } },
          { id: 'c2', type: 'function', function: { name: 'b', arguments: '{}' } },
        ],
      },
      logprobs: null,
      finish_reason: 'tool_calls',
    },
  ],
  usage: {
    prompt_tokens: 1,
    completion_tokens: 2,
    total_tokens: 3,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  },
};

const base = { job_id: 'job_1', at: '2026-01-01T00:00:00.000Z' };
const START: JobEvent[] = [
  { ...base, type: 'job.queued', seq: 1 },
  { ...base, type: 'job.started', seq: 2, target: 'openai/m', attempt: 1 },
];
const delta = (fields: object): JobEvent => ({ ...base, type: 'job.delta', seq: 3, index: 0, delta: fields });
const DELTAS = [
  delta({ role: 'assistant', reasoning: 'Hm.' }),
  delta({ content: 'Hi ' }),
  delta({ content: 'there' }),
  delta({
    tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'a', arguments: '{"x"' } }],
  }),
  delta({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }),
  delta({ tool_calls: [{ index: 1, id: 'c2', type: 'function', function: { name: 'b', arguments: '{}' } }] }),
];

function run(events: readonly JobEvent[], result: ChatCompletion | null = RESULT): ResponseEvent[] {
  const stream = createResponseStream(FACTS);
  const ended = { ...FACTS, finishedAtMs: 2_000, result };
  return [
    ...events.flatMap((event) => stream.ofEvent(event)),
    ...stream.ofEnd(
      result
        ? { ...ended, status: 'completed' }
        : { ...ended, status: 'failed', error: { code: 'timeout', message: 'Late.' } },
    ),
  ];
}

/** Puts the output together as a client does. */
function gather(events: readonly ResponseEvent[]): OutputItem[] {
  const done = events.filter(({ type }) => type === 'response.output_item.done');
  for (const { item, output_index: index } of done as unknown as {
    item: OutputItem;
    output_index: number;
  }[]) {
    const added = events.find(
      (event) => event.type.endsWith('item.added') && event['output_index'] === index,
    );
    expect(added).toMatchObject({ item: { id: item.id } });
    const pieces = events.filter((event) => event['item_id'] === item.id && event.type.endsWith('.delta'));
    const text = pieces.map((event) => String(event['delta'])).join('');
    if (item.type === 'function_call') expect(text).toBe(item.arguments);
    if (item.type === 'message') expect(item.content).toMatchObject([{ text }]);
    if (item.type === 'reasoning') expect(item.summary).toEqual([{ type: 'summary_text', text }]);
  }
  return done.map((event) => event['item'] as OutputItem);
}

test.each([
  ['streamed', [...START, ...DELTAS]],
  ['not streamed', START],
  ['partly streamed', [...START, ...DELTAS.slice(0, 3)]],
])('an answer that was %s brings every item, whole and in order, then the response', (_how, events) => {
  const stream = run(events);
  expect(stream.map(({ sequence_number: number }) => number)).toEqual(stream.map((_, index) => index));
  expect(stream.slice(0, 3).map(({ type }) => type)).toEqual([
    'response.created',
    'response.queued',
    'response.in_progress',
  ]);
  expect(gather(stream)).toEqual(responseOutput(RESULT, 'job_1'));
  expect(stream.at(-1)).toMatchObject({
    type: 'response.completed',
    response: { status: 'completed', output: responseOutput(RESULT, 'job_1') },
  });
});

test('a second reader gets the same events', () => {
  expect(run([...START, ...DELTAS])).toEqual(run([...START, ...DELTAS]));
});

test('a second start, after a hop, is not told again', () => {
  const again: JobEvent = { ...base, type: 'job.started', seq: 4, target: 'google/m', attempt: 2 };
  expect(run([...START, again])).toEqual(run(START));
});

test('a cut answer is incomplete, a failed one failed', () => {
  const [choice] = RESULT.choices;
  const cut = { ...RESULT, choices: [{ ...choice!, finish_reason: 'length' as const }] };
  expect(run(START, cut).at(-1)).toMatchObject({
    type: 'response.incomplete',
    response: { incomplete_details: { reason: 'max_output_tokens' } },
  });
  expect(run(START, null).at(-1)).toMatchObject({
    type: 'response.failed',
    response: { status: 'failed', error: { code: 'server_error', message: 'Late.' } },
  });
});

test('a stream that begins anew indexes its items from 0 again', () => {
  const restarted: JobEvent = { ...base, type: 'job.restarted', seq: 9 };
  const stream = run([...START, ...DELTAS.slice(0, 3), restarted, ...DELTAS]);
  const at = stream.findIndex(({ type }) => type === 'response.restarted');
  expect(gather(stream.slice(at))).toEqual(responseOutput(RESULT, 'job_1'));
});
