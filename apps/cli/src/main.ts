#!/usr/bin/env node
import { loadEnvironment } from '@sluice/runtime';
import { runProgram } from './run-program.ts';

process.exitCode = await runProgram(process.argv.slice(2), {
  loadEnvironment,
  folder: '.sluice',
  stdout: process.stdout,
  stderr: process.stderr,
});
