import { expect, test } from 'vitest';
import { buildSubmission } from './build-submission.ts';

test('a prompt alone becomes one user message', () => {
  expect(buildSubmission({ prompt: 'hello' }, undefined)).toEqual({
    request: { messages: [{ role: 'user', content: 'hello' }] },
  });
});

test('flags win over a submission file, and what they do not name stays', () => {
  const file = { request: { model: 'a/b', messages: [], temperature: 0 }, tier: 'flex', tags: ['x'] };

  expect(buildSubmission({ model: 'c/d', tier: 'priority', webhook: 'https://a.example' }, file)).toEqual({
    request: { model: 'c/d', messages: [], temperature: 0 },
    tier: 'priority',
    tags: ['x'],
    webhook: { url: 'https://a.example' },
  });
});

test('a chat request in a file is wrapped', () => {
  expect(buildSubmission({ stream: true }, { messages: [1] })).toEqual({
    request: { messages: [1], stream: true },
  });
});

test.each([[undefined], [{}], [[]], [7]])('%j without a prompt is wrong usage', (file) => {
  expect(() => buildSubmission({}, file)).toThrow(expect.objectContaining({ exitCode: 2 }));
});
