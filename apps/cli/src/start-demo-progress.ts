import { Presets, SingleBar } from 'cli-progress';
import type { CommandContext } from './command-context.ts';

export interface DemoProgress {
  /** How many have arrived by now. */
  update(done: number): void;
  stop(): void;
}

const LINE_EVERY = 5;

/** A bar on a terminal, else a plain line now and then; on stderr. */
export function startDemoProgress({ stderr }: CommandContext, total: number): DemoProgress {
  if (stderr.isTTY) {
    const bar = new SingleBar(
      { format: '{bar} {value}/{total} webhooks, {duration_formatted}', stream: stderr, hideCursor: true },
      Presets.shades_classic,
    );
    bar.start(total, 0);
    return { update: (done) => bar.update(done), stop: () => bar.stop() };
  }
  let printed = 0;
  return {
    update: (done) => {
      if (done < total && done < printed + LINE_EVERY) return;
      if (done === printed) return;
      printed = done;
      stderr.write(`${done}/${total} webhooks\n`);
    },
    stop: () => {},
  };
}
