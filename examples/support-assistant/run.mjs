import { api, ended, report } from '../sluice-api.mjs';

const SYSTEM = 'You are the support assistant of a shop. Be brief. Promise nothing.';
const questions = [
  { name: 'shipping', text: 'Where is my parcel?', tags: [], metadata: { plan: 'free' } },
  { name: 'enterprise', text: 'Can we get an invoice by mail?', tags: [], metadata: { plan: 'enterprise' } },
  {
    name: 'refund',
    text: 'The device broke after two days. I want my money back.',
    tags: ['refund'],
    metadata: {},
  },
];

const jobs = [];
for (const { name, text, tags, metadata } of questions) {
  const messages = [
    { role: 'system', content: SYSTEM },
    { role: 'user', content: text },
  ];
  const submission = {
    request: { messages, max_tokens: 200 },
    tier: 'priority',
    tags,
    metadata,
    residency: ['eu'],
    // A refusal of one model is no reason to leave a customer without an answer.
    on_refusal: 'next',
  };
  // The same question again, after a lost connection, is the same job.
  jobs.push([name, await api('/jobs', submission, { 'idempotency-key': `support-${name}-${Date.now()}` })]);
}
for (const [name, { id }] of jobs) report(name, await ended(id));
