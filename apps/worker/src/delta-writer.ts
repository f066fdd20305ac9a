import type { ChatDelta } from '@sluice/contracts';
import { joinDeltas } from './join-deltas.ts';

const FLUSH_AFTER_MS = 25;
const FLUSH_AT_BYTES = 2_048;

export interface DeltaWriter {
  /**
   * Takes a piece of the stream. The first after a pause is written at once, because somebody may wait for it; then
   * pieces of one kind are joined until 25 ms or 2 KB have come together.
   */
  push(delta: ChatDelta): void;
  /** Writes what is left and waits until everything is written. Rejects when a write failed. */
  end(): Promise<void>;
  /** Any piece was taken. */
  readonly used: boolean;
}

/** Writes a call's stream into the job's events, in order and in few pieces. */
export function createDeltaWriter({
  write,
  onFenced,
}: {
  /** False when the attempt is no longer the open one. */
  write: (delta: ChatDelta) => Promise<boolean>;
  onFenced: () => void;
}): DeltaWriter {
  let pending: ChatDelta[] = [];
  let pendingBytes = 0;
  let timer: NodeJS.Timeout | null = null;
  let used = false;
  let flushedAtMs = -Infinity;
  let writing: Promise<void> = Promise.resolve();

  const flush = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
    flushedAtMs = performance.now();
    const batch = pending;
    pending = [];
    pendingBytes = 0;
    writing = writing.then(async () => {
      for (const delta of batch) if (!(await write(delta))) onFenced();
    });
    // A failed write is reported by `end`; until then it must not count as unhandled.
    writing.catch(() => undefined);
  };

  return {
    push(delta) {
      used = true;
      const last = pending.at(-1);
      const joined = last && joinDeltas(last, delta);
      if (joined) pending[pending.length - 1] = joined;
      else pending.push(delta);
      pendingBytes += textBytes(delta);
      const waitMs = flushedAtMs + FLUSH_AFTER_MS - performance.now();
      if (pendingBytes >= FLUSH_AT_BYTES || waitMs <= 0) flush();
      else timer ??= setTimeout(flush, waitMs);
    },
    async end() {
      flush();
      await writing;
    },
    get used() {
      return used;
    },
  };
}

/** Text of all kinds; the JSON around it does not count. */
function textBytes({ delta }: ChatDelta): number {
  const {
    content = '',
    refusal = '',
    reasoning = '',
    tool_calls: calls = [],
    reasoning_details: details = [],
  } = delta;
  const texts = [
    content,
    refusal,
    reasoning,
    ...calls.map((call) => call.function.arguments ?? ''),
    ...details.map(({ text = '', data = '' }) => text + data),
  ];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
