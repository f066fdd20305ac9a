/** Whole processes of the broker that may have to live on a small machine. */
const COMMANDS: ReadonlySet<string | undefined> = new Set(['api']);

/**
 * V8's own defaults let the young generation grow to 128 MB, and garbage in the old one to three times of what lives,
 * before it looks; no cap on what may live is meant here.
 */
const FLAGS = ['--max-semi-space-size=8', '--heap-growing-percent=50'];

/**
 * Goes on as the same process, with the flags that V8 takes only at its start. Flags that the user gave win. Returns
 * when there is nothing to add, or where a process can't be replaced (Windows), which then runs with V8's defaults.
 */
export function restartWithFlags(commandArguments: readonly string[]): void {
  const missing = missingFlags(commandArguments, process.execArgv, process.env['NODE_OPTIONS']);
  if (missing.length === 0 || process.execve === undefined || process.platform === 'win32') return;
  const programArguments = [...missing, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, [process.execPath, ...programArguments]);
}

export function missingFlags(
  [command]: readonly string[],
  execArguments: readonly string[],
  nodeOptions = '',
): string[] {
  if (!COMMANDS.has(command)) return [];
  const given = [...execArguments, ...nodeOptions.split(/\s+/)].map(nameOf);
  return FLAGS.filter((flag) => !given.includes(nameOf(flag)));
}

/** V8 takes dashes and underlines alike. */
function nameOf(flag: string): string {
  return (flag.split('=', 1)[0] as string).replaceAll('_', '-');
}
