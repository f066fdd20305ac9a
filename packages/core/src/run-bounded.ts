import { createContext, Script } from 'node:vm';

export type BoundedRun<Value> =
  | { status: 'ok'; value: Value }
  | { status: 'timeout' }
  | { status: 'failed'; message: string };

/** Calls what its context holds. The time limit of `node:vm` also ends what that calls, regular expressions included. */
const script = new Script('holder.run()');
const holder: { run: () => unknown } = { run: () => undefined };
const context = createContext({ holder });

const MAX_MESSAGE = 200;

/**
 * Runs a synchronous function for at most so many milliseconds. For work that somebody else's input makes as long as
 * it likes; it isolates nothing.
 */
export function runBounded<Value>(run: () => Value, maxMs: number): BoundedRun<Value> {
  if (maxMs < 1) return { status: 'timeout' };
  holder.run = run;
  try {
    return { status: 'ok', value: script.runInContext(context, { timeout: Math.ceil(maxMs) }) as Value };
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return { status: 'timeout' };
    const message = error instanceof Error ? error.message : String(error);
    return { status: 'failed', message: message.slice(0, MAX_MESSAGE) };
  } finally {
    holder.run = () => undefined;
  }
}
