import { expect, test } from 'vitest';
import { createCallMonitor } from '../call/call-monitor.ts';
import { readResultLines } from './read-result-lines.ts';

const timeouts = { connect_ms: 1_000, first_token_ms: 1_000, total_ms: 60_000 };

async function read(pieces: Iterable<Uint8Array>): Promise<unknown[]> {
  const { signal } = new AbortController();
  const monitor = createCallMonitor({ signal, timeouts, streaming: false });
  const lines: unknown[] = [];
  try {
    const body = ReadableStream.from<Uint8Array>(pieces);
    for await (const line of readResultLines(body, { monitor, idleMs: 1_000 })) lines.push(line);
  } finally {
    monitor.close();
  }
  return lines;
}

function bytesOf(text: string, size: number): Uint8Array[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
    bytes.subarray(n * size, (n + 1) * size),
  );
}

test('lines are read whatever pieces they arrive in', async () => {
  const text = '{"a":"ä"}\r\n\n{"a":2}\n{"a":3}';
  for (const size of [1, 2, 3, 7, 100]) {
    expect(await read(bytesOf(text, size))).toEqual([{ a: 'ä' }, { a: 2 }, { a: 3 }]);
  }
});

test('a line that is no JSON is left out, but a last line that was cut off is an error', async () => {
  expect(await read(bytesOf('{"a":1}\noops\n{"a":2}\n', 100))).toEqual([{ a: 1 }, { a: 2 }]);
  await expect(read(bytesOf('{"a":1}\n{"a":', 100))).rejects.toThrow(SyntaxError);
});

test('silence interrupts the call', async () => {
  const monitor = createCallMonitor({ signal: new AbortController().signal, timeouts, streaming: false });
  let stop = (): void => undefined;
  const silent = new ReadableStream<Uint8Array>({
    start(controller) {
      stop = () => controller.error(new Error('aborted'));
    },
  });
  monitor.signal.addEventListener('abort', () => stop());
  const reading = readResultLines(silent, { monitor, idleMs: 20 }).next();
  await expect(reading).rejects.toThrow('aborted');
  expect(monitor.interruption()).toEqual({ kind: 'timeout', which: 'idle', limitMs: 20 });
  monitor.close();
});
