import { expect, test } from 'vitest';
import type { JobStore } from './broker.ts';
import type { JobRecord, NewJob } from './job-record.ts';
import { createTenantJobs } from './tenant-jobs.ts';

/** Answers each call with what it was asked. */
const store = new Proxy({} as JobStore, {
  get:
    (_target, method) =>
    async (...args: unknown[]) => ({ method, args }),
});
const jobs = createTenantJobs(store, 'acme');

test('every question names the tenant', async () => {
  const asked = await Promise.all([
    jobs.get('job_1'),
    jobs.cancel('job_1'),
    jobs.erase('job_1'),
    jobs.readEvents('job_1', { after: 3, limit: 5 }),
    jobs.list({ limit: 5 }),
  ]);
  expect(asked).toEqual([
    { method: 'get', args: ['job_1', 'acme'] },
    { method: 'cancel', args: ['job_1', 'acme'] },
    { method: 'erase', args: ['job_1', 'acme'] },
    { method: 'readEvents', args: ['job_1', { after: 3, limit: 5, tenant: 'acme' }] },
    { method: 'list', args: [{ limit: 5, tenant: 'acme' }] },
  ]);
});

test('a tenant that is smuggled in does not count', async () => {
  const query = { limit: 5, tenant: 'other' };
  expect(await jobs.list(query)).toEqual({ method: 'list', args: [{ limit: 5, tenant: 'acme' }] });
});

test("another tenant's job is neither stored nor placed", async () => {
  await expect(jobs.submit({ tenant: 'other' } as NewJob)).rejects.toThrow(/another tenant/);
  await expect(jobs.place({ tenant: 'other' } as JobRecord)).rejects.toThrow(/another tenant/);
});
