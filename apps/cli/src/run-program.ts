import { ConfigError, type Environment, RedisNotReadyError } from '@sluice/runtime';
import { CommanderError } from 'commander';
import { buildProgram } from './build-program.ts';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './command-context.ts';

/** Runs one command and resolves with its exit code; expected failures are one message on stderr. */
export async function runProgram(
  commandArguments: readonly string[],
  {
    loadEnvironment,
    ...context
  }: Omit<CommandContext, 'environment'> & { loadEnvironment: () => Environment },
): Promise<number> {
  try {
    const program = buildProgram({ ...context, environment: loadEnvironment() });
    await program.parseAsync([...commandArguments], { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed its own message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (isPortTaken(error)) {
      context.stderr.write(
        `error: Port ${error.port} is taken: stop the program that uses it, or choose another.\n`,
      );
      return 1;
    }
    const isExpected =
      error instanceof CliError || error instanceof ConfigError || error instanceof RedisNotReadyError;
    if (!isExpected) throw error;
    context.stderr.write(`error: ${error.message}\n`);
    if (error instanceof CliError) return error.exitCode;
    return error instanceof ConfigError ? 2 : 1;
  }
}

function isPortTaken(error: unknown): error is Error & { port: number } {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' && 'port' in error;
}
