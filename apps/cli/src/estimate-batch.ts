import { openAsBlob } from 'node:fs';
import { batchEstimateSchema, type BatchEstimate } from '@sluice/contracts';
import type { ApiClient } from './api-client.ts';
import type { BatchFile } from './batch-file.ts';
import { formatUsd } from './format-usd.ts';
import type { NewBatchOptions } from './open-batch.ts';

const TIMEOUT_MS = 600_000;

/** Has the broker look at every line of the file, which is streamed there; nothing is kept or run. */
export async function estimateBatch(
  client: ApiClient,
  { path, endpoint }: BatchFile,
  { tier, within, route, lane }: NewBatchOptions,
): Promise<BatchEstimate> {
  const options = Object.entries({ endpoint, tier, within, route, lane });
  const given = options.filter((option): option is [string, string] => option[1] !== undefined);
  const answer = await client.json(`/v1/batches/estimate?${new URLSearchParams(given).toString()}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    content: await openAsBlob(path),
    timeoutMs: TIMEOUT_MS,
  });
  return batchEstimateSchema.parse(answer);
}

/** What the lines that are right would take, in a few lines. */
export function describeEstimate(estimate: BatchEstimate): string {
  const { lines, input_tokens: input, output_tokens: output } = estimate;
  const { cost_usd: cost, live_cost_usd: live, targets, lanes } = estimate;
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `  ${name}: ${count}\n`)
      .join('');
  return (
    `${lines} lines, about ${input} tokens in and ${output} out (answers as long as max_tokens allows, else 512)\n` +
    `about ${formatUsd(cost)}, if all ran live ${formatUsd(live)}; lines by target and by lane:\n${list(targets)}${list(lanes)}`
  );
}

/** How many lines are wrong, what is wrong with them, and where. */
export function describeErrors({ lines, errors, error_counts: counts }: BatchEstimate): string {
  const kinds = Object.entries(counts).map(([code, count]) => `  ${code}: ${count}\n`);
  const wrong = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const shown = errors.data.map(({ line, message, param }) => {
    const field = param === null ? '' : ` (${param})`;
    return `  line ${line ?? '-'}: ${message}${field}`;
  });
  const more = wrong > shown.length ? `\n  and ${wrong - shown.length} more` : '';
  return `${wrong} of ${lines} lines are wrong, the batch would fail:\n${kinds.join('')}${shown.join('\n')}${more}`;
}
