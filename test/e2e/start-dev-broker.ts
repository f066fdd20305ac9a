import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSluice } from './spawn-sluice.ts';

export interface DevBroker {
  url: string;
  key: string;
  /** Commands that run here find the broker without flags. */
  folder: string;
  /** Ends it with SIGTERM, removes its folder, and rejects when its exit code is not 0. */
  close(): Promise<void>;
}

/** `sluice dev` in a process and a folder of its own, on a free port. */
export async function startDevBroker(environment: Record<string, string> = {}): Promise<DevBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-e2e-'));
  const dev = spawnSluice(['dev', '--port', '0', '--json'], { cwd: folder, environment });
  const [line] = await dev.waitForOutput(/^\{.*\}$/m);
  const { url, key } = JSON.parse(line) as { url: string; key: string };
  return {
    url,
    key,
    folder,
    async close() {
      dev.child.kill('SIGTERM');
      await dev.succeeded().finally(() => rmSync(folder, { recursive: true, force: true }));
    },
  };
}
