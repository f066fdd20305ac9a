import type { ChatDelta } from '@sluice/contracts';

const FLUSH_AFTER_MS = 25;
const FLUSH_AT_BYTES = 2_048;

export interface DeltaWriter {
  /** Takes a piece of the stream; pieces of one choice are joined until 25 ms or 2 KB have come together. */
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
  let writing: Promise<void> = Promise.resolve();

  const flush = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
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
      if (last?.index === delta.index) pending[pending.length - 1] = join(last, delta);
      else pending.push(delta);
      pendingBytes += Buffer.byteLength(delta.delta.content ?? '');
      if (pendingBytes >= FLUSH_AT_BYTES) flush();
      else timer ??= setTimeout(flush, FLUSH_AFTER_MS);
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

function join(first: ChatDelta, second: ChatDelta): ChatDelta {
  const content = (first.delta.content ?? '') + (second.delta.content ?? '');
  return { index: first.index, delta: { ...first.delta, ...second.delta, ...(content ? { content } : {}) } };
}
