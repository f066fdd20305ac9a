import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';

let stack: Stack;
let folder: string;
afterEach(async () => {
  await stack.close();
  await rm(folder, { recursive: true, force: true });
});

test('a folder that can not be written is a 503 by name, and files are taken once it can', async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-storage-'));
  const blocked = join(folder, 'blocked');
  await writeFile(blocked, '');
  stack = await startStack({ config: { storage: { kind: 'local', path: join(blocked, 'files') } } });
  const upload = () => {
    const form = new FormData();
    form.set('file', new Blob(['{}\n']), 'in.jsonl');
    form.set('purpose', 'batch');
    return stack.request('/v1/files', { method: 'POST', body: form });
  };
  const refused = await upload();
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('30');
  expect(await refused.json()).toMatchObject({ error: { code: 'storage_unavailable' } });
  const inline = await stack.request('/v1/batches', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      endpoint: '/v1/chat/completions',
      requests: [{ custom_id: 'a', body: { messages: [{ role: 'user', content: 'Hello.' }] } }],
    }),
  });
  expect(inline.status).toBe(503);
  await rm(blocked);
  expect((await upload()).status).toBe(200);
});
