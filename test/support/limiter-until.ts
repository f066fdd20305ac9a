import { setTimeout as pause } from 'node:timers/promises';

/** Waits until a condition holds; rejects with its name when it does not within the time. */
export async function until(
  name: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${name}`);
    await pause(10);
  }
}
