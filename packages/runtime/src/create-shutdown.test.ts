import { describe, expect, test } from 'vitest';
import { createLogger } from './create-logger.ts';
import { createShutdown } from './create-shutdown.ts';

const logger = createLogger({ name: 'test', level: 'silent' });

describe('createShutdown', () => {
  test('closes once, in reverse order, and goes on after a failure', async () => {
    const closed: string[] = [];
    const shutdown = createShutdown({ logger });
    shutdown.add('redis', () => void closed.push('redis'));
    shutdown.add('worker', async () => {
      closed.push('worker');
      throw new Error('stuck');
    });
    shutdown.add('server', () => void closed.push('server'));
    expect(shutdown.signal.aborted).toBe(false);
    await Promise.all([shutdown.close(), shutdown.close()]);
    expect(closed).toEqual(['server', 'worker', 'redis']);
    expect(shutdown.signal.aborted).toBe(true);
  });

  test('closes on a signal, and ends the process on a second one', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const codes: number[] = [];
    const shutdown = createShutdown({ logger, sameRequestMs: 0, exit: (code) => void codes.push(code) });
    shutdown.add('slow', () => promise);
    process.emit('SIGTERM');
    expect(shutdown.signal.aborted).toBe(true);
    expect(codes).toEqual([]);
    process.emit('SIGINT');
    expect(codes).toEqual([1]);
    resolve();
    await shutdown.close();
  });

  test('takes signals that come together for one', async () => {
    const codes: number[] = [];
    const shutdown = createShutdown({ logger, exit: (code) => void codes.push(code) });
    process.emit('SIGINT');
    process.emit('SIGTERM');
    expect(codes).toEqual([]);
    await shutdown.close();
  });

  test('ends the process when closing takes too long', async () => {
    const { promise: exited, resolve: exit } = Promise.withResolvers<number>();
    const { promise: never, resolve } = Promise.withResolvers<void>();
    const shutdown = createShutdown({ logger, timeoutMs: 20, exit });
    shutdown.add('hangs', () => never);
    const closing = shutdown.close();
    expect(await exited).toBe(1);
    resolve();
    await closing;
  });

  test('leaves no signal listeners behind', async () => {
    const before = process.listenerCount('SIGTERM');
    const shutdown = createShutdown({ logger });
    expect(process.listenerCount('SIGTERM')).toBe(before + 1);
    await shutdown.close();
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
