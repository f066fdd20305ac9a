import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('logs JSON to standard error only, without secrets', () => {
  const program = `
    import { createLogger } from ${JSON.stringify(new URL('./create-logger.ts', import.meta.url).href)};
    createLogger({ name: 'api' }).info(
      { api_key: 'canary-1', provider: { apiKey: 'canary-2', secret: 'canary-3' }, req: { headers: { authorization: 'canary-4' } } },
      'hello',
    );
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
  expect(JSON.parse(stderr)).toMatchObject({ level: 'info', name: 'api', msg: 'hello' });
  expect(stderr).not.toContain('canary');
});
