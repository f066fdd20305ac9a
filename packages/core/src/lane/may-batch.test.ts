import { expect, it } from 'vitest';
import { mayCall } from '../plan-route/may-call.ts';
import { mayBatch } from './may-batch.ts';

it('goes by the first key of a pool, whatever another one would allow', () => {
  const keys = [
    { name: 'us', key: 'k', region: 'us' },
    { name: 'eu', key: 'k', region: 'eu' },
  ];
  const subject = {
    target: 'openai/m' as const,
    model: { entry: {}, vendor: 'openai' },
    provider: { api_keys: keys },
  };
  const policy = { filters: { residency: ['eu'] } };
  expect(mayCall({ ...subject, request: null }, policy).status).toBe('ok');
  expect(mayBatch(subject, policy)).toMatchObject({ status: 'no', code: 'residency' });
  expect(mayBatch({ ...subject, provider: { api_keys: keys.toReversed() } }, policy).status).toBe('ok');
  expect(mayBatch({ ...subject, provider: { region: 'eu' } }, policy).status).toBe('ok');
});
