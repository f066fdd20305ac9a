import type { Redis } from 'ioredis';

export interface LimiterChangeListener {
  onLimits(revision: string): void;
  /** `key`: as {@link scopeNames} writes it. */
  onPaused(pause: { pausedMs: number; key: string }): void;
  /** Others leave a slot to this holder of leases. */
  onSlot(holder: string): void;
  /** The connection came back: something may have been missed. */
  onGap(): void;
}

/** What other processes change at the providers of this one. Without traffic while nothing changes. */
export interface LimiterChanges {
  /** The returned function ends it; calling it twice is harmless. */
  listen(channel: string, listener: LimiterChangeListener): () => void;
  /** Ends all listening; the connection stays open. Idempotent. */
  close(): void;
}

/** Borrows a connection in subscriber mode; others may use it as well. One serves all limiters of a process. */
export function createLimiterChanges(
  subscriber: Redis,
  { onError }: { onError: (error: Error) => void },
): LimiterChanges {
  const listeners = new Map<string, LimiterChangeListener>();
  let connectedBefore = subscriber.status === 'ready';

  const onMessage = (channel: string, message: string): void => {
    const listener = listeners.get(channel);
    if (!listener) return;
    const [kind, value, key] = message.split(' ');
    if (kind === 'limits') listener.onLimits(value ?? '');
    if (kind === 'slot') listener.onSlot(value ?? '');
    if (kind === 'paused') listener.onPaused({ pausedMs: Number(value) / 1_000, key: key ?? '-' });
  };
  const onReady = (): void => {
    if (connectedBefore) for (const listener of listeners.values()) listener.onGap();
    connectedBefore = true;
  };
  subscriber.on('message', onMessage);
  subscriber.on('ready', onReady);

  return {
    listen(channel, listener) {
      listeners.set(channel, listener);
      // ioredis subscribes again by itself when the connection comes back.
      subscriber.subscribe(channel).catch(onError);
      return () => {
        if (listeners.get(channel) !== listener) return;
        listeners.delete(channel);
        if (subscriber.status === 'ready') subscriber.unsubscribe(channel).catch(onError);
      };
    },
    close() {
      subscriber.off('message', onMessage);
      subscriber.off('ready', onReady);
      listeners.clear();
    },
  };
}
