import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { holderName } from './holder-name.ts';
import { isHolderGone } from './is-holder-gone.ts';
import { readProcessIdentity } from './read-process-identity.ts';

const identity = readProcessIdentity();

describe.skipIf(identity === null)('whether a holder is gone', () => {
  const own = holderName('worker @1:2.3', identity);

  it('is false for a process that lives', () => {
    expect(isHolderGone(own)).toBe(false);
  });

  it('is true for one that has ended', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    const { pid } = child;
    await once(child, 'exit');
    expect(isHolderGone(`worker@place:${pid}.1`)).toBe(true);
  });

  it('is true when its number was given to another process', () => {
    expect(isHolderGone(`worker@place:${process.pid}.1`)).toBe(true);
  });

  it('is false for a name that says nothing of a process', () => {
    expect(isHolderGone('worker')).toBe(false);
    expect(isHolderGone(holderName('a@b:1.2', null))).toBe(false);
  });
});
