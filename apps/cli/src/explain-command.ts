import { routeExplanationSchema, type RouteCandidate, type RouteExplanation } from '@sluice/contracts';
import { Command } from 'commander';
import { addClientOptions, type ClientOptions } from './add-client-options.ts';
import { addSubmissionOptions } from './add-submission-options.ts';
import { buildSubmission, type SubmissionOptions } from './build-submission.ts';
import { clientFromOptions } from './client-from-options.ts';
import type { CommandContext } from './command-context.ts';
import { formatTable, type TableColumn } from './format-table.ts';
import { formatUsd } from './format-usd.ts';
import { printResult } from './print-result.ts';
import { readSubmissionFile } from './read-submission-file.ts';

const milliseconds = (value: number | null): string => (value === null ? '-' : `${Math.round(value)} ms`);
const COLUMNS: readonly TableColumn<RouteCandidate>[] = [
  { title: '#', value: ({ position }) => String(position ?? '-'), align: 'right' },
  { title: 'TARGET', value: ({ target }) => target },
  { title: 'CLASS', value: ({ class: own }) => own ?? '-' },
  { title: 'QUALITY', value: ({ quality }) => quality?.toFixed(2) ?? '-', align: 'right' },
  { title: 'COST', value: ({ cost_usd: cost }) => formatUsd(cost), align: 'right' },
  { title: 'LATENCY', value: ({ total_p50_ms: latency }) => milliseconds(latency), align: 'right' },
  { title: 'WAIT', value: ({ wait_ms: wait }) => milliseconds(wait), align: 'right' },
  {
    title: 'CHANCE',
    value: ({ chance }) => (chance === null ? '-' : `${Math.round(chance * 100)} %`),
    align: 'right',
  },
  { title: 'STATUS', value: ({ status, code }) => (code === null ? status : `${status}: ${code}`) },
];

export function explainCommand(context: CommandContext): Command {
  const command = new Command('explain').description(
    'show which targets a job would get, and why; runs nothing',
  );
  return addClientOptions(addSubmissionOptions(command)).action(
    async (file: string | undefined, options: ClientOptions & SubmissionOptions) => {
      const body = buildSubmission(options, file === undefined ? undefined : readSubmissionFile(file));
      const answer = await clientFromOptions(context, options).json('/v1/routes/explain', {
        method: 'POST',
        body,
      });
      const explanation = routeExplanationSchema.parse(answer);
      printResult(context, options.json, explanation, describe(explanation));
    },
  );
}

function describe({ features, candidates, why, error, strategy, rounds }: RouteExplanation): string {
  const needs = features.needs.length > 0 ? `, needs ${features.needs.join(', ')}` : '';
  const task = features.task === null ? '' : `, task ${features.task}`;
  return [
    `request   ${features.input_tokens} tokens in, ${features.output_tokens} out${needs}${task}`,
    `strategy  ${strategy}${rounds === null ? '' : `, ${rounds} rounds`}`,
    '',
    formatTable(COLUMNS, candidates).trimEnd(),
    '',
    ...why.map((sentence) => `- ${sentence}`),
    ...(error === null ? [] : ['', `A submission would be refused (${error.code}).`]),
    '',
  ].join('\n');
}
