import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Batch } from '@sluice/contracts';
import type { ApiClient } from './api-client.ts';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './command-context.ts';
import { formatUsd } from './format-usd.ts';
import { printResult } from './print-result.ts';
import type { ResultsTarget } from './results-target.ts';

const TIMEOUT_MS = 600_000;
const SHOWN_FAULTS = 5;

/**
 * Fetches what an ended batch has brought: results to the file that was asked for, which is there as a whole or not at
 * all; else to standard output, unless that takes the batch as JSON. One line about it goes to stderr.
 */
export async function reportBatch({
  context,
  client,
  batch,
  target,
  options: { output, json = false },
}: {
  context: CommandContext;
  client: ApiClient;
  batch: Batch;
  /** Of `output`. */
  target: ResultsTarget | undefined;
  options: { output?: string; json?: boolean };
}): Promise<void> {
  const { stdout, stderr } = context;
  const { completed, failed, total } = batch.request_counts;
  if (total > 0 && target) await target.write(await openResults(client, batch));
  else if (total > 0 && !json) await toStdout(await openResults(client, batch), stdout);
  if (json) printResult(context, true, batch, '');
  const where = output === undefined ? '' : `, results in ${output}`;
  stderr.write(
    `${batch.status}: ${completed} of ${total} done, ${failed} failed, ${formatUsd(batch.cost_usd)}${where}\n`,
  );
}

/** @throws CliError for a batch that ended otherwise, with the first of the faults of its lines. */
export function requireCompleted({ id, status, errors }: Batch): void {
  if (status === 'completed') return;
  const faults = errors?.data ?? [];
  const shown = faults
    .slice(0, SHOWN_FAULTS)
    .map(({ line, message }) => `\n  line ${line ?? '-'}: ${message}`);
  const more = faults.length > SHOWN_FAULTS ? `\n  and ${faults.length - SHOWN_FAULTS} more` : '';
  throw new CliError(`${id} ${status}${faults.length > 0 ? ':' : ''}${shown.join('')}${more}`);
}

async function openResults(client: ApiClient, { id }: Batch): Promise<Readable> {
  const path = `/v1/batches/${encodeURIComponent(id)}/results`;
  const { body } = await client.open(path, { timeoutMs: TIMEOUT_MS });
  return body ? Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]) : Readable.from([]);
}

async function toStdout(results: Readable, stdout: CommandContext['stdout']): Promise<void> {
  try {
    await pipeline(results, stdout, { end: false });
  } catch (error) {
    const why = (error as Error).message;
    throw new CliError(
      `Not all results could be written to standard output: ${why}. The same command fetches them again.`,
    );
  }
}
