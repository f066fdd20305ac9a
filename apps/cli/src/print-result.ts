import type { CommandContext } from './command-context.ts';

/** The command's result to stdout: as one JSON line with `--json`, else as text. */
export function printResult(
  context: CommandContext,
  json: boolean | undefined,
  value: unknown,
  text: string,
): void {
  context.stdout.write(json ? `${JSON.stringify(value)}\n` : text);
}
