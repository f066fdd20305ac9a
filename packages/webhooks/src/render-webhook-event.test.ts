import { webhookEventSchema, type Job } from '@sluice/contracts';
import { expect, test } from 'vitest';
import { renderWebhookEvent } from './render-webhook-event.ts';

const job: Job = {
  id: 'job_1',
  object: 'job',
  status: 'completed',
  tier: 'standard',
  lane: 'live',
  route: 'default',
  chain: ['openai/gpt-5.4-mini'],
  task: null,
  created_at: '2026-11-20T00:00:00.000Z',
  started_at: null,
  finished_at: null,
  deadline: '2026-11-21T00:00:00.000Z',
  attempts: [],
  result: null,
  error: null,
  usage: null,
  cost_usd: null,
  cache_hit: false,
  warnings: [],
  decision: null,
  position: null,
  eta_ms: null,
  metadata: {},
  tags: [],
  batch_id: null,
  custom_id: null,
  retried_from: null,
  links: { self: '/v1/jobs/job_1', events: '/v1/jobs/job_1/events', cancel: '/v1/jobs/job_1/cancel' },
};
const event = {
  type: 'job.completed',
  eventId: 'evt_1',
  atMs: 1_763_600_000_123,
  publicBaseUrl: 'https://sluice.example',
};

test('the body carries the job, and the event as Standard Webhooks and OpenAI name its parts', () => {
  const body = webhookEventSchema.parse(JSON.parse(renderWebhookEvent({ ...event, subject: job })));
  expect(body).toEqual({
    type: 'job.completed',
    timestamp: '2025-11-20T00:53:20.123Z',
    object: 'event',
    id: 'evt_1',
    created_at: 1_763_600_000,
    data: job,
  });
});

test('above 256 KiB it carries where to read the job, counted in bytes', () => {
  const empty = Buffer.byteLength(
    renderWebhookEvent({ ...event, subject: { ...job, metadata: { text: '' } } }),
  );
  const fill = (bytes: number) => ({ ...job, metadata: { text: 'é'.repeat(bytes / 2) } });
  const room = 256 * 1024 - empty;
  const evenRoom = room - (room % 2);
  const fits = renderWebhookEvent({ ...event, subject: fill(evenRoom) });
  expect(JSON.parse(fits)).toMatchObject({ data: { object: 'job' } });
  expect(JSON.parse(renderWebhookEvent({ ...event, subject: fill(evenRoom + 2) }))).toMatchObject({
    id: 'evt_1',
    data: { id: 'job_1', status: 'completed', result_url: 'https://sluice.example/v1/jobs/job_1' },
  });
});
