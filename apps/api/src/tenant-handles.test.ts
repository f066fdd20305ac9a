import type { BatchRecord, NewBatch, NewJob } from '@sluice/broker';
import type { FileStore } from '@sluice/files';
import { expect, expectTypeOf, test } from 'vitest';
import type { ApiDeps } from './api-deps.ts';
import { openTenant, type TenantStores } from './tenant-handles.ts';
import type { StoredInput } from './tenant-files.ts';

/** Answers each call with what it was asked. */
const echo = <Store extends object>(): Store =>
  new Proxy({} as Store, {
    get:
      (_target, method) =>
      async (...args: unknown[]) => ({ method, args }),
  });
const stores: TenantStores = {
  jobs: echo(),
  batches: echo(),
  fileIndex: echo(),
  files: echo<FileStore>(),
  endpointsOf: (tenant) => ({ tenant }) as unknown as ReturnType<TenantStores['endpointsOf']>,
  deliveriesOf: (tenant) => ({ tenant }) as unknown as ReturnType<TenantStores['deliveriesOf']>,
  publish: async ({ tenant }) => [tenant],
  progressEvents: (tenant) => [tenant],
  budgets: () => ({ of: (subject: object) => [subject] }) as unknown as ReturnType<TenantStores['budgets']>,
};
const { batches, files, webhooks, budgets } = openTenant(stores, { tenant: 'acme', keyId: 'key_1' });

test('routes are given none of the stores that hold what belongs to tenants', () => {
  expectTypeOf<Extract<keyof ApiDeps, keyof TenantStores | 'store' | 'stores' | 'webhooks'>>().toBeNever();
});

test('every question names the tenant, and one that is smuggled in does not count', async () => {
  const smuggled = { limit: 5, tenant: 'other' };
  expect(
    await Promise.all([
      batches.get('batch_1'),
      batches.remove('batch_1'),
      batches.list({ ...smuggled, dialect: 'openai' }),
      batches.readEvents('batch_1', { ...smuggled, after: 3 }),
      files.get('file-1'),
      files.list(smuggled),
      files.pin('file-1', { ...smuggled, batchId: 'batch_1', untilMs: 9 }),
    ]),
  ).toEqual([
    { method: 'get', args: ['batch_1', 'acme'] },
    { method: 'remove', args: ['batch_1', 'acme'] },
    { method: 'list', args: [{ limit: 5, dialect: 'openai', tenant: 'acme' }] },
    { method: 'readEvents', args: ['batch_1', { limit: 5, after: 3, tenant: 'acme' }] },
    { method: 'get', args: ['file-1', 'acme'] },
    { method: 'list', args: [{ limit: 5, tenant: 'acme' }] },
    { method: 'pin', args: ['file-1', { limit: 5, batchId: 'batch_1', untilMs: 9, tenant: 'acme' }] },
  ]);
  const event = { type: 'ping', tenant: 'other' } as unknown as Parameters<typeof webhooks.publish>[0];
  expect(await webhooks.publish(event)).toEqual(['acme']);
  expect([webhooks.endpoints, webhooks.deliveries]).toEqual([{ tenant: 'acme' }, { tenant: 'acme' }]);
  expect(webhooks.progressEvents()).toEqual(['acme']);
  const job = { tags: [], task: null, route: null, tenant: 'other', keyId: 'key_2' };
  expect(budgets.of(job)).toEqual([{ tags: [], task: null, route: null, tenant: 'acme', keyId: 'key_1' }]);
});

test("another tenant's record opens nothing", async () => {
  const foreign = { id: 'batch_1', tenant: 'other', inputFileId: 'file-1' } as BatchRecord;
  const input = { id: 'file-1', tenant: 'other' } as StoredInput;
  const handles = openTenant(stores, { tenant: 'acme', keyId: 'key_1' });
  for (const ask of [
    () => handles.jobs.submit({ tenant: 'other' } as NewJob),
    () => batches.create(foreign as NewBatch, ''),
    () => batches.endedLines(foreign),
    () => batches.unansweredLines(foreign),
    () => batches.refusals(foreign, [1]),
    () => files.readOf(foreign, 'input'),
    () => files.read(foreign as unknown as Parameters<typeof files.read>[0]),
    () => files.add(input, { filename: 'x' }),
    () => files.discard(input),
  ]) {
    await expect(ask()).rejects.toThrow(/another tenant/);
  }
});
