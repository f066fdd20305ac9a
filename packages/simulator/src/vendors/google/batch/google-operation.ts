import { readLines } from '../../../batch/read-lines.ts';
import type { BatchPhase } from '../../../batch/simulated-batch.ts';
import type { GoogleBatch } from './google-batch-facts.ts';

const TYPE = 'type.googleapis.com/google.ai.generativelanguage.v1main.';

const STATES: Readonly<Record<BatchPhase, string>> = {
  validating: 'PENDING',
  running: 'RUNNING',
  finalizing: 'RUNNING',
  cancelling: 'RUNNING',
  completed: 'SUCCEEDED',
  failed: 'FAILED',
  expired: 'EXPIRED',
  cancelled: 'CANCELLED',
};

function errorOf({ phase, errors }: GoogleBatch): object | null {
  if (phase === 'failed') return { code: 3, message: errors[0]?.message ?? 'The batch failed.' };
  if (phase === 'cancelled') return { code: 1, message: 'The batch was cancelled.' };
  return phase === 'expired' ? { code: 4, message: 'The batch expired.' } : null;
}

async function outputOf({ phase, results, facts }: GoogleBatch): Promise<object | null> {
  if (phase !== 'completed') return null;
  if (facts.fileName !== null) return results.output ? { responsesFile: results.output.id } : {};
  const inlinedResponses: unknown[] = [];
  if (results.output) {
    await readLines(results.output.path, (text) => {
      inlinedResponses.push(JSON.parse(text));
    });
  }
  return { inlinedResponses: { inlinedResponses } };
}

/** A batch as the long-running operation that it is. */
export async function googleOperation(batch: GoogleBatch): Promise<object> {
  const { id, facts, phase, counts, createdAtMs, endedAtMs } = batch;
  const isOver = endedAtMs !== null;
  const time = (ms: number): string => new Date(ms).toISOString().replace('Z', '000000Z');
  const output = await outputOf(batch);
  const error = errorOf(batch);
  const left = counts.total - counts.succeeded - counts.failed;
  return {
    name: id,
    metadata: {
      '@type': `${TYPE}GenerateContentBatch`,
      model: `models/${facts.model}`,
      name: id,
      displayName: facts.displayName,
      ...(facts.fileName === null ? {} : { inputConfig: { fileName: facts.fileName } }),
      ...(output ? { output } : {}),
      createTime: time(createdAtMs),
      ...(isOver ? { endTime: time(endedAtMs) } : {}),
      updateTime: time(endedAtMs ?? createdAtMs),
      batchStats: {
        requestCount: String(counts.total),
        ...(counts.succeeded > 0 ? { successfulRequestCount: String(counts.succeeded) } : {}),
        ...(counts.failed > 0 ? { failedRequestCount: String(counts.failed) } : {}),
        ...(left > 0 ? { pendingRequestCount: String(left) } : {}),
      },
      state: `BATCH_STATE_${STATES[phase]}`,
    },
    ...(isOver ? { done: true } : {}),
    ...(error ? { error } : {}),
    ...(output ? { response: { '@type': `${TYPE}GenerateContentBatchOutput`, ...output } } : {}),
  };
}
