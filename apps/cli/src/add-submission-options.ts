import { Option, type Command } from 'commander';
import { parseList } from './parse-list.ts';
import { parseWholeNumber } from './parse-whole-number.ts';

/** The file and the flags that `buildSubmission` reads. */
export function addSubmissionOptions(command: Command): Command {
  return command
    .argument('[file]', 'JSON file with a submission or a chat request, - for stdin')
    .option('--prompt <text>', 'the user message')
    .option('--model <name>', 'route, target or model, e.g. openai/gpt-5.4-mini')
    .option('--route <name>', 'route of sluice.yaml')
    .option('--chain <targets>', 'targets in order, separated by commas', parseList)
    .addOption(new Option('--tier <tier>', 'how urgent it is').choices(['priority', 'standard', 'flex']))
    .option('--max-tokens <number>', 'longest answer', parseWholeNumber);
}
