import { expect, test } from 'vitest';
import { createJobId } from './create-job-id.ts';

const secret = (text: string) => async (): Promise<Buffer> => Buffer.from(text);
const make = (
  tenant: string,
  idempotencyKey: string | null,
  installationSecret = secret('s'),
): Promise<string> => createJobId({ tenant, idempotencyKey, installationSecret });

test('the same tenant and key make the same id, anything else another', async () => {
  const ids = await Promise.all([
    make('a', 'k'),
    make('a', 'k'),
    make('b', 'k'),
    make('a', 'l'),
    make('a', 'k', secret('t')),
  ]);
  expect(new Set(ids).size).toBe(4);
  expect(ids[0]).toBe(ids[1]);
  expect(ids[0]).toMatch(/^job_[0-9a-f]{30}$/);
  expect(await make('a', 'bc')).not.toBe(await make('ab', 'c'));
});

test('without a key every id is new, and Redis is not asked', async () => {
  const never = async (): Promise<Buffer> => {
    throw new Error('asked');
  };
  expect(await make('a', null, never)).not.toBe(await make('a', null, never));
});
