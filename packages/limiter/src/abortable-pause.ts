/** Resolves after the time, or as soon as one of the signals aborts. */
export async function abortablePause(delayMs: number, signals: readonly AbortSignal[]): Promise<void> {
  if (signals.some(({ aborted }) => aborted)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  const timer = setTimeout(end, delayMs);
  for (const signal of signals) signal.addEventListener('abort', end, { once: true });
  await promise;
  clearTimeout(timer);
  for (const signal of signals) signal.removeEventListener('abort', end);
}
