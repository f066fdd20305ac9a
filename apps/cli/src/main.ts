#!/usr/bin/env node
import { restartWithFlags } from './restart-with-flags.ts';

const commandArguments = process.argv.slice(2);
restartWithFlags(commandArguments);

// Only now: everything that is imported before would be loaded twice.
const { loadEnvironment } = await import('@sluice/runtime');
const { runProgram } = await import('./run-program.ts');

process.exitCode = await runProgram(commandArguments, {
  loadEnvironment,
  folder: '.sluice',
  stdout: process.stdout,
  stderr: process.stderr,
});
