import type { NewBatch, NewJob } from '@sluice/broker';
import { MAX_BATCH_LINES, MAX_FILE_BYTES, type BatchError, type BatchEstimate } from '@sluice/contracts';
import type { LaneChoice, RouteDecision } from '@sluice/core';
import { MAX_LISTED_ERRORS } from './batch-limits.ts';
import { boundBytes } from './bound-bytes.ts';
import { boundLines, tooManyLines } from './bound-lines.ts';
import { EMPTY_FILE, judgeLines } from './judge-lines.ts';
import type { LineToJob } from './line-to-job.ts';

/** As `createNewJob` makes it. */
type Decision = RouteDecision & { lane: LaneChoice };

const MAX_LISTED_TARGETS = 100;

/**
 * Judges every line of what may become a batch, as its check would, and adds up what they would take. Keeps nothing
 * and runs nothing; one pass, in bounded memory.
 * @throws ApiError `file_too_large`, `too_many_lines`, as an upload.
 */
export async function estimateBatch(
  content: AsyncIterable<Uint8Array>,
  { batch, lineToJob }: { batch: Pick<NewBatch, 'endpoint'>; lineToJob: LineToJob },
): Promise<BatchEstimate> {
  const errors: BatchError[] = [];
  const errorCounts = new Map<string, number>();
  const sum = createSum();
  let lines = 0;
  for await (const { line, outcome } of judgeLines(boundLines(boundBytes(content, MAX_FILE_BYTES)), {
    batch,
    lineToJob,
  })) {
    lines += 1;
    if (lines > MAX_BATCH_LINES) throw tooManyLines();
    if (outcome.status === 'ok') {
      sum.add(outcome.job);
      continue;
    }
    const { fault } = outcome;
    addOne(errorCounts, fault.code);
    if (errors.length < MAX_LISTED_ERRORS) errors.push({ ...fault, line });
  }
  if (lines === 0) {
    errors.push(EMPTY_FILE);
    addOne(errorCounts, EMPTY_FILE.code);
  }
  return {
    object: 'batch_estimate',
    lines,
    errors: { object: 'list', data: errors },
    error_counts: Object.fromEntries(errorCounts),
    ...sum.total(),
  };
}

type Total = Pick<
  BatchEstimate,
  'input_tokens' | 'output_tokens' | 'cost_usd' | 'live_cost_usd' | 'targets' | 'lanes'
>;

function createSum(): { add(job: NewJob): void; total(): Total } {
  const targets = new Map<string, number>();
  const lanes = new Map<string, number>();
  let inputTokens = 0;
  let outputTokens = 0;
  let costUsd: number | null = 0;
  let liveUsd: number | null = 0;
  return {
    add({ chain, targetIndex = 0, lane, decision }) {
      const { features, lane: choice } = decision as Decision;
      inputTokens += features.input_tokens;
      outputTokens += features.output_tokens;
      costUsd = plus(costUsd, choice.estimate_usd);
      liveUsd = plus(liveUsd, choice.live_usd);
      addOne(targets, chain[targetIndex] as string);
      addOne(lanes, lane);
    },
    total() {
      const most = [...targets].sort(([, left], [, right]) => right - left).slice(0, MAX_LISTED_TARGETS);
      return {
        input_tokens: inputTokens,
        output_tokens: outputTokens,
        cost_usd: costUsd,
        live_cost_usd: liveUsd,
        targets: Object.fromEntries(most),
        lanes: Object.fromEntries(lanes),
      };
    },
  };
}

function plus(sum: number | null, addend: number | null): number | null {
  return sum === null || addend === null ? null : sum + addend;
}

function addOne(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
