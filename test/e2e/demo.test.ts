import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { spawnSluice } from './spawn-sluice.ts';

test('the demo completes all jobs although the first provider fails, and verifies all webhooks', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-e2e-'));
  try {
    const { stdout, stderr } = await spawnSluice(['demo'], { cwd: folder }).succeeded();

    expect(stdout).toContain('OK: 40 completed, 40 webhooks verified, of 40');
    expect(stdout).toMatch(/anthropic\/claude-haiku-4-5 +\d/);
    expect(stderr).toContain('40/40 webhooks');
    expect(stdout + stderr).not.toContain('\u001b[');
    expect(readdirSync(join(folder, '.sluice'))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);
