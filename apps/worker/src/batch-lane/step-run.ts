import { collectResults } from './collect-run.ts';
import { dropRun } from './end-run.ts';
import { pollBatch } from './poll-run.ts';
import { createBatch, takeLines, uploadLines } from './send-run.ts';
import type { StepEnd, StepInput } from './advance-run.ts';

/** Does the step that a run's state names. Each may be done again from its beginning, by whoever leads then. */
export async function stepRun(input: StepInput): Promise<StepEnd> {
  const { run } = input;
  switch (run.state) {
    case 'intent':
    case 'file':
      if (run.isCancelled && run.isSealed) return dropRun(input);
      return run.state === 'intent' ? takeLines(input) : uploadLines(input);
    case 'created':
      return createBatch(input);
    case 'polling':
      return pollBatch(input);
    case 'collecting':
      return collectResults(input);
    default:
      return run.state satisfies never;
  }
}
