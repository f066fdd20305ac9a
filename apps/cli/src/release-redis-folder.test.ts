import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { startEmbeddedRedis } from './start-embedded-redis.ts';

test('a server that a killed owner left behind is ended, and its data is there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-redis-'));
  const script = `
    import { startEmbeddedRedis } from ${JSON.stringify(import.meta.resolve('./start-embedded-redis.ts'))};
    await startEmbeddedRedis(process.argv[1]);
    process.kill(process.pid, 'SIGKILL');
  `;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script, folder], { stdio: 'ignore' });
  await once(owner, 'exit');
  const { url: orphanUrl } = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as { url: string };
  const orphan = new Redis(orphanUrl, { retryStrategy: () => null });
  orphan.on('error', () => {});
  await orphan.set('kept', 'yes');
  const orphanEnded = once(orphan, 'end');

  const redis = await startEmbeddedRedis(folder);
  const client = new Redis(redis.url);
  try {
    await orphanEnded;
    expect(await client.get('kept')).toBe('yes');
  } finally {
    client.disconnect();
    await redis.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
