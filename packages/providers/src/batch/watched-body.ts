import type { CallMonitor } from '../call/call-monitor.ts';

/** A body as it arrives; a pause longer than `idleMs` interrupts the call. */
export async function* watchedBody(
  body: ReadableStream<Uint8Array>,
  { monitor, idleMs }: { monitor: CallMonitor; idleMs: number },
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const idle = (): void => monitor.interrupt({ kind: 'timeout', which: 'idle', limitMs: idleMs });
  try {
    for (;;) {
      const timer = setTimeout(idle, idleMs);
      const read = await reader.read().finally(() => clearTimeout(timer));
      if (read.done) return;
      yield read.value;
    }
  } finally {
    // Whoever stops reading does not wait for the rest.
    await reader.cancel().catch(() => undefined);
  }
}
