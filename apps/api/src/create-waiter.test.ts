import { describe, expect, test } from 'vitest';
import { createWaiter } from './create-waiter.ts';

describe('createWaiter', () => {
  const open = () => {
    const controller = new AbortController();
    return { controller, waiter: createWaiter(controller.signal) };
  };

  test('a wake-up ends the wait, and one that came before it as well', async () => {
    const { waiter } = open();
    const waiting = waiter.wait(60_000);
    waiter.wake();
    expect(await waiting).toBe(true);
    waiter.reset();
    waiter.wake();
    expect(await waiter.wait(60_000)).toBe(true);
  });

  test('a wake-up during a pause is kept for the wait', async () => {
    const { waiter } = open();
    const pausing = waiter.pause(10);
    waiter.wake();
    await pausing;
    expect(await waiter.wait(60_000)).toBe(true);
  });

  test('time ends a wait', async () => {
    expect(await open().waiter.wait(5)).toBe(false);
  });

  test('an abort ends wait and pause, now and later', async () => {
    const { controller, waiter } = open();
    const waiting = waiter.wait(60_000);
    controller.abort();
    expect(await waiting).toBe(false);
    expect(await waiter.wait(60_000)).toBe(false);
    await waiter.pause(60_000);
  });

  test('an abort ends a pause under way', async () => {
    const { controller, waiter } = open();
    const pausing = waiter.pause(60_000);
    controller.abort();
    await expect(pausing).resolves.toBeUndefined();
  });
});
