/** Whole processes of the broker that may have to live on a small machine. */
const COMMANDS: ReadonlySet<string | undefined> = new Set(['api']);

/**
 * V8's own defaults let the young generation grow to 128 MB, and garbage in the old one to three times of what lives,
 * before it looks; no cap on what may live is meant here.
 */
const FLAGS = ['--max-semi-space-size=8', '--heap-growing-percent=50'];

/**
 * Every thread that frees buffers keeps a heap of glibc's of its own, up to eight for each processor; two are enough and
 * leave less in pieces. Other C libraries do not know the variable.
 */
const ENVIRONMENT = { MALLOC_ARENA_MAX: '2' };

/**
 * Goes on as the same process, with the flags and settings that V8 and the allocator take only at their start. What the
 * user gave wins. Returns when there is nothing to add, or where a process can't be replaced (Windows), which then runs
 * with the defaults of both.
 */
export function restartWithFlags(commandArguments: readonly string[]): void {
  const missing = missingFlags(commandArguments, process.execArgv, process.env['NODE_OPTIONS']);
  if (missing.length === 0 || process.execve === undefined || process.platform === 'win32') return;
  const programArguments = [...missing, ...process.execArgv, ...process.argv.slice(1)];
  const environment = { ...ENVIRONMENT, ...process.env };
  process.execve(process.execPath, [process.execPath, ...programArguments], environment);
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
