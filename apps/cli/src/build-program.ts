import { Command } from 'commander';
import { apiCommand } from './api-command.ts';
import type { CommandContext } from './command-context.ts';
import { batchCommand } from './batch-command.ts';
import { demoCommand } from './demo-command.ts';
import { devCommand } from './dev-command.ts';
import { dispatcherCommand } from './dispatcher-command.ts';
import { doctorCommand } from './doctor-command.ts';
import { explainCommand } from './explain-command.ts';
import { jobsCommand } from './jobs-command.ts';
import { keysCommand } from './keys-command.ts';
import { listenCommand } from './listen-command.ts';
import { simulatorCommand } from './simulator-command.ts';
import { submitCommand } from './submit-command.ts';
import { watchCommand } from './watch-command.ts';
import { workerCommand } from './worker-command.ts';

const COMMANDS = [
  devCommand,
  submitCommand,
  explainCommand,
  watchCommand,
  batchCommand,
  listenCommand,
  jobsCommand,
  keysCommand,
  doctorCommand,
  demoCommand,
  apiCommand,
  workerCommand,
  dispatcherCommand,
  simulatorCommand,
];

/** The `sluice` command with all its subcommands. Those that run servers import them only when they are called. */
export function buildProgram(context: CommandContext): Command {
  const program = new Command('sluice')
    .description('An asynchronous inference broker. Results go to stdout, everything else to stderr.')
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
    .showHelpAfterError('(sluice COMMAND --help tells more)')
    .exitOverride();
  for (const command of COMMANDS) program.addCommand(inheriting(program, command(context)));
  return program;
}

/** Commands that are added, unlike those made with `.command()`, don't take over the program's settings. */
function inheriting(parent: Command, command: Command): Command {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inheriting(command, child);
  return command;
}
