import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '@sluice/contracts';
import { expect, test } from 'vitest';
import { createLogger } from './create-logger.ts';
import { watchConfig } from './watch-config.ts';

test('SIGHUP loads the file again; a wrong one changes nothing; close stops listening', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-watch-'));
  const path = join(folder, 'sluice.yaml');
  const seen: Config[] = [];
  const logger = createLogger({ name: 'test', level: 'silent' });
  const watch = watchConfig({ path, env: {}, logger, onConfig: (config) => seen.push(config) });
  const reload = (text: string): void => {
    writeFileSync(path, text);
    process.emit('SIGHUP');
  };
  try {
    reload('durability: memory');
    expect(seen.map(({ durability }) => durability)).toEqual(['memory']);
    reload('durability: nonsense');
    expect(seen).toHaveLength(1);
    reload('durability: replicated');
    expect(seen).toHaveLength(2);
    watch.close();
    watch.close();
    expect(process.listenerCount('SIGHUP')).toBe(0);
  } finally {
    watch.close();
    rmSync(folder, { recursive: true });
  }
});
