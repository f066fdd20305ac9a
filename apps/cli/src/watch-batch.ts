import { setTimeout as delay } from 'node:timers/promises';
import type { Batch } from '@sluice/contracts';
import { Presets, SingleBar } from 'cli-progress';
import type { ApiClient } from './api-client.ts';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './command-context.ts';
import { formatUsd } from './format-usd.ts';
import { readBatch } from './read-batch.ts';

const ENDED: ReadonlySet<string> = new Set(['completed', 'failed', 'expired', 'cancelled']);
const LOOK_EVERY_MS = 1_000;
const INTERRUPTED = 130;

/** A broker that restarts is waited for, this long at most. */
const PATIENCE_MS = 600_000;

/**
 * Shows how a batch gets on until it has ended. Ctrl-C calls `onInterrupt` and ends the process; the batch goes on.
 * @throws CliError when the broker refuses to tell, or does not answer for ten minutes.
 */
export async function watchBatch({
  context,
  client,
  batch,
  onInterrupt,
}: {
  context: CommandContext;
  client: ApiClient;
  batch: Batch;
  onInterrupt: () => void;
}): Promise<Batch> {
  const progress = startProgress(context);
  const interrupt = (): void => {
    progress.stop();
    onInterrupt();
    process.exit(INTERRUPTED);
  };
  process.once('SIGINT', interrupt);
  try {
    let now = batch;
    for (;;) {
      progress.update(now);
      if (ENDED.has(now.status)) return now;
      await delay(LOOK_EVERY_MS);
      now = await readPatiently(client, batch.id);
    }
  } finally {
    process.off('SIGINT', interrupt);
    progress.stop();
  }
}

async function readPatiently(client: ApiClient, id: string): Promise<Batch> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await readBatch(client, id);
    } catch (error) {
      const mayPass = error instanceof CliError && !error.isRefusal;
      if (!mayPass || Date.now() >= giveUpAt) throw error;
      await delay(LOOK_EVERY_MS);
    }
  }
}

/** A bar on a terminal, else a line whenever something has moved; on stderr. */
function startProgress({ stderr }: CommandContext): { update(batch: Batch): void; stop(): void } {
  if (!stderr.isTTY) {
    let printed = '';
    return {
      update({ status, request_counts: { total, completed, failed }, cost_usd: cost }) {
        const line = `${status}: ${completed + failed}/${total}, ${failed} failed, ${formatUsd(cost)}\n`;
        if (line === printed) return;
        printed = line;
        stderr.write(line);
      },
      stop() {},
    };
  }
  const format = '{bar} {value}/{total} {status}, {failed} failed, {cost}, {eta_formatted} left';
  const bar = new SingleBar(
    { format, stream: stderr, hideCursor: true, etaBuffer: 200 },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update({ status, request_counts: { total, completed, failed }, cost_usd: cost }) {
      const payload = { status, failed, cost: formatUsd(cost) };
      if (!started) bar.start(total, completed + failed, payload);
      started = true;
      bar.setTotal(total);
      bar.update(completed + failed, payload);
    },
    stop: () => bar.stop(),
  };
}
