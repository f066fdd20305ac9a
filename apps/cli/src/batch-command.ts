import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Batch } from '@sluice/contracts';
import { Command, Option } from 'commander';
import { addClientOptions, type ClientOptions } from './add-client-options.ts';
import type { ApiClient } from './api-client.ts';
import { readBatchFile } from './batch-file.ts';
import { forgetBatch } from './batch-memory.ts';
import { clientFromOptions } from './client-from-options.ts';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './command-context.ts';
import { describeErrors, describeEstimate, estimateBatch } from './estimate-batch.ts';
import { formatUsd } from './format-usd.ts';
import { openBatch } from './open-batch.ts';
import { printResult } from './print-result.ts';
import { watchBatch } from './watch-batch.ts';

type Options = ClientOptions & {
  tier?: string;
  within?: string;
  route?: string;
  lane?: string;
  output?: string;
  dryRun?: boolean;
  detach?: boolean;
  new?: boolean;
};

const UPLOAD_TIMEOUT_MS = 600_000;

export function batchCommand(context: CommandContext): Command {
  const command = new Command('batch')
    .description(
      'run a JSONL file of requests as a batch; Ctrl-C leaves it running, the same command goes on',
    )
    .argument('<file>', 'lines {"custom_id", "method", "url", "body"}, as OpenAI’s Batch API takes them')
    .addOption(new Option('--tier <tier>', 'how urgent it is').choices(['priority', 'standard', 'flex']))
    .option('--within <duration>', 'done within this, e.g. 2h (default: 24h)')
    .option('--route <name>', 'route of sluice.yaml, over the models that the lines name')
    .addOption(new Option('--lane <lane>', 'how it is run').choices(['auto', 'live', 'flex', 'batch']))
    .option('--output <file>', 'where the results go (default: standard output)')
    .option('--dry-run', 'check every line and estimate the cost; nothing is kept or run')
    .option('--detach', 'do not wait for the end')
    .option('--new', 'a new batch, also when one of this file is remembered');
  return addClientOptions(command).action(async (path: string, options: Options) => {
    const client = clientFromOptions(context, options);
    const file = await readBatchFile(path);
    if (options.dryRun) {
      const estimate = await estimateBatch(client, file, options);
      printResult(context, options.json, estimate, describeEstimate(estimate));
      if (estimate.errors.data.length > 0) throw new CliError(describeErrors(estimate));
      return;
    }
    const batch = await openBatch({ context, client, file, options });
    if (options.detach) return printResult(context, options.json, batch, `${batch.id}\n`);
    const ended = await watchBatch({
      context,
      client,
      batch,
      onInterrupt: () => leave(context, path, batch),
    });
    await report({ context, client, batch: ended, options });
    await forgetBatch(path);
    if (ended.status !== 'completed') throw new CliError(`${ended.id} ${ended.status}${faultsOf(ended)}`);
  });
}

/** Results to the file, or to standard output when they are not asked for as JSON about the batch. */
async function report({
  context,
  client,
  batch,
  options,
}: {
  context: CommandContext;
  client: ApiClient;
  batch: Batch;
  options: Options;
}): Promise<void> {
  const { completed, failed, total } = batch.request_counts;
  if (total > 0 && (options.output !== undefined || !options.json)) {
    const { body } = await client.open(`/v1/batches/${encodeURIComponent(batch.id)}/results`, {
      timeoutMs: UPLOAD_TIMEOUT_MS,
    });
    if (body) {
      const results = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
      if (options.output === undefined)
        for await (const chunk of results) context.stdout.write(chunk as Buffer);
      else await pipeline(results, createWriteStream(options.output));
    }
  }
  if (options.json) printResult(context, true, batch, '');
  const where = options.output === undefined ? '' : `, results in ${options.output}`;
  context.stderr.write(
    `${batch.status}: ${completed} of ${total} done, ${failed} failed, ${formatUsd(batch.cost_usd)}${where}\n`,
  );
}

function leave(context: CommandContext, path: string, { id }: Batch): void {
  context.stderr.write(`\n${id} goes on; "sluice batch ${path}" shows it again.\n`);
}

const SHOWN_FAULTS = 5;

function faultsOf({ errors }: Batch): string {
  const faults = errors?.data ?? [];
  if (faults.length === 0) return '';
  const shown = faults.slice(0, SHOWN_FAULTS).map(({ line, message }) => `  line ${line ?? '-'}: ${message}`);
  const more = faults.length > SHOWN_FAULTS ? `\n  and ${faults.length - SHOWN_FAULTS} more` : '';
  return `:\n${shown.join('\n')}${more}`;
}
