import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { ApiLimits } from './api-limits.ts';

interface Wait {
  /** Bytes that had been taken when it began. */
  taken: number;
  sinceMs: number;
}

/**
 * Cuts connections whose callers do not read what has been written to them: none of it in `readerTimeoutMs`, or less
 * than `readerMinBytesPerSecond` when much is waiting. Node's own timeout starts anew with every byte that goes out. What is
 * written is bounded elsewhere, because every writer waits for room.
 */
export function cutSlowReaders(
  server: Server,
  connections: ReadonlyMap<Socket, number>,
  {
    readerTimeoutMs,
    readerMinBytesPerSecond,
    connectionCheckMs,
  }: Pick<ApiLimits, 'readerTimeoutMs' | 'readerMinBytesPerSecond' | 'connectionCheckMs'>,
): void {
  const waits = new WeakMap<Socket, Wait>();
  const look = (socket: Socket, nowMs: number): void => {
    const waiting = socket.writableLength;
    if (waiting === 0) {
      waits.delete(socket);
      return;
    }
    const taken = socket.bytesWritten - waiting;
    const wait = waits.get(socket);
    const allowedMs = readerTimeoutMs + (waiting / readerMinBytesPerSecond) * 1_000;
    if (wait?.taken !== taken) waits.set(socket, { taken, sinceMs: nowMs });
    else if (nowMs - wait.sinceMs > allowedMs) socket.destroy();
  };
  const timer = setInterval(() => {
    const nowMs = performance.now();
    for (const socket of connections.keys()) look(socket, nowMs);
  }, connectionCheckMs);
  server.once('close', () => clearInterval(timer));
}
