import type { Batch } from '@sluice/contracts';
import { Command, Option } from 'commander';
import { addClientOptions, type ClientOptions } from './add-client-options.ts';
import type { ApiClient } from './api-client.ts';
import { readBatchFile, type BatchFile } from './batch-file.ts';
import { forgetBatch } from './batch-memory.ts';
import { clientFromOptions } from './client-from-options.ts';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './command-context.ts';
import { describeErrors, describeEstimate, estimateBatch } from './estimate-batch.ts';
import { openBatch, type NewBatchOptions } from './open-batch.ts';
import { printResult } from './print-result.ts';
import { readBatch } from './read-batch.ts';
import { reportBatch, requireCompleted } from './report-batch.ts';
import { openResultsTarget, type ResultsTarget } from './results-target.ts';
import { watchBatch } from './watch-batch.ts';

type Options = ClientOptions &
  NewBatchOptions & { output?: string; dryRun?: boolean; detach?: boolean; resume?: string };

const MAKING_ONE = ['tier', 'within', 'route', 'lane', 'dryRun', 'new'];

export function batchCommand(context: CommandContext): Command {
  const command = new Command('batch')
    .description(
      'run a JSONL file of requests as a batch; Ctrl-C leaves it running, the same command goes on',
    )
    .argument('[file]', 'lines {"custom_id", "method", "url", "body"}, as OpenAI’s Batch API takes them')
    .addOption(new Option('--tier <tier>', 'how urgent it is').choices(['priority', 'standard', 'flex']))
    .option('--within <duration>', 'done within this, e.g. 2h (default: 24h)')
    .option('--route <name>', 'route of sluice.yaml, over the models that the lines name')
    .addOption(new Option('--lane <lane>', 'how it is run').choices(['auto', 'live', 'flex', 'batch']))
    .option('--output <file>', 'where the results go (default: standard output)')
    .option('--dry-run', 'check every line and estimate the cost; nothing is kept or run')
    .option('--detach', 'do not wait for the end')
    .option('--new', 'a new batch, also when one of this file is remembered')
    .addOption(
      new Option(
        '--resume <batch>',
        'instead of a file: follow a batch that exists, made on any machine, and fetch its results',
      ).conflicts(MAKING_ONE),
    );
  return addClientOptions(command).action(async (path: string | undefined, options: Options) => {
    if ((path === undefined) === (options.resume === undefined)) {
      throw new CliError('Name a FILE, or a batch with --resume.', 2);
    }
    const client = clientFromOptions(context, options);
    const target =
      options.output === undefined || options.dryRun || options.detach
        ? undefined
        : await openResultsTarget(options.output, path);
    if (path === undefined) {
      const again = `sluice batch --resume ${options.resume}`;
      const batch = await readBatch(client, options.resume as string);
      return finish({ context, client, batch, options, target, again });
    }
    const file = await readBatchFile(path);
    if (options.dryRun) return dryRun({ context, client, file, options });
    const batch = await openBatch({ context, client, file, options });
    await finish({ context, client, batch, options, target, again: `sluice batch ${path}`, file });
  });
}

async function dryRun({ context, client, file, options }: Run & { file: BatchFile }): Promise<void> {
  const estimate = await estimateBatch(client, file, options);
  printResult(context, options.json, estimate, describeEstimate(estimate));
  if (estimate.errors.data.length > 0) throw new CliError(describeErrors(estimate));
}

interface Run {
  context: CommandContext;
  client: ApiClient;
  options: Options;
}

/** Follows a batch to its end and fetches its results, unless it is to be left alone. */
async function finish({
  batch,
  again,
  file,
  ...run
}: Run & {
  batch: Batch;
  target: ResultsTarget | undefined;
  /** The command that goes on after Ctrl-C. */
  again: string;
  /** Whose batch it is; forgotten once the results are there. */
  file?: BatchFile;
}): Promise<void> {
  const { context, client, options } = run;
  if (options.detach) return printResult(context, options.json, batch, `${batch.id}\n`);
  const onInterrupt = (): void => {
    context.stderr.write(`\n${batch.id} goes on; "${again}" shows it again.\n`);
  };
  const ended = await watchBatch({ context, client, batch, onInterrupt });
  await reportBatch({ ...run, batch: ended });
  if (file) await forgetBatch(file.path);
  requireCompleted(ended);
}
