import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { routeExplanationSchema } from '@sluice/contracts';
import type { ApiClient } from './api-client.ts';
import type { BatchFile } from './batch-file.ts';
import { CliError } from './cli-error.ts';
import { formatUsd } from './format-usd.ts';

/** What a batch would take, from lines spread over the file. */
export interface BatchEstimate {
  lines: number;
  looked_at: number;
  input_tokens: number;
  output_tokens: number;
  /** At live prices; null when a target has no price. */
  cost_usd: number | null;
  /** Which targets would be asked first, by lines looked at. */
  targets: Record<string, number>;
}

/** Every line is planned by the broker; in a large file only so many of them. */
const LOOK_AT = 200;
const CHAT = '/v1/chat/completions';

/** Asks the broker what it would do with the lines, and runs nothing. @throws CliError naming the first line at fault. */
export async function estimateBatch(
  client: ApiClient,
  file: BatchFile,
  { route, tier }: { route?: string; tier?: string },
): Promise<BatchEstimate> {
  if (file.endpoint !== CHAT) throw new CliError(`--dry-run works for lines to ${CHAT} only.`, 2);
  const every = Math.max(1, Math.ceil(file.lines / LOOK_AT));
  const sum = { looked_at: 0, input: 0, output: 0, cost: 0, unpriced: 0 };
  const targets: Record<string, number> = {};
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file.path), crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    number += 1;
    if ((number - 1) % every !== 0) continue;
    const request = bodyOf(line, number);
    const answer = await client
      .json('/v1/routes/explain', { method: 'POST', body: { request, route, tier } })
      .catch((error: unknown) => {
        throw new CliError(`Line ${number}: ${(error as Error).message}`);
      });
    const { candidates, features, error } = routeExplanationSchema.parse(answer);
    const [first] = candidates.filter(({ position }) => position === 1);
    if (!first) throw new CliError(`Line ${number}: ${error?.message ?? 'no target may serve it.'}`);
    sum.looked_at += 1;
    sum.input += features.input_tokens;
    sum.output += features.output_tokens;
    sum.cost += first.cost_usd ?? 0;
    if (first.cost_usd === null) sum.unpriced += 1;
    targets[first.target] = (targets[first.target] ?? 0) + 1;
  }
  const scale = file.lines / sum.looked_at;
  return {
    lines: file.lines,
    looked_at: sum.looked_at,
    input_tokens: Math.round(sum.input * scale),
    output_tokens: Math.round(sum.output * scale),
    cost_usd: sum.unpriced > 0 ? null : sum.cost * scale,
    targets,
  };
}

function bodyOf(line: string, number: number): unknown {
  try {
    const { body } = JSON.parse(line.replace(/^\uFEFF/, '')) as { body?: unknown };
    if (typeof body === 'object' && body !== null) return body;
  } catch {
    // Said below, as for a line without a body.
  }
  throw new CliError(`Line ${number} is no request with a "body".`);
}

export function describeEstimate(estimate: BatchEstimate): string {
  const { lines, looked_at: lookedAt, input_tokens: input, output_tokens: output, cost_usd: cost } = estimate;
  const targets = Object.entries(estimate.targets)
    .map(([target, count]) => `  ${target}: ${Math.round((count / lookedAt) * 100)} %\n`)
    .join('');
  return (
    `${lines} lines, ${lookedAt} looked at\n` +
    `about ${input} tokens in, ${output} out (answers as long as max_tokens allows, else 512)\n` +
    `about ${formatUsd(cost)} at live prices; tier flex with time costs about half where the vendor offers it\n${targets}`
  );
}
