import { describe, expect, it } from 'vitest';
import { parseProcessStat } from './parse-process-stat.ts';

const after = '1 42 42 0 -1 4194304 100 0 0 0 1 2 0 0 20 0 11 0 987654 1000 50';

describe('what Linux says of a process', () => {
  it('is its number, its state and when it was started', () => {
    expect(parseProcessStat(`42 (node) S ${after}`)).toEqual({ pid: 42, state: 'S', startedAt: '987654' });
  });

  it('is understood whatever the program is called', () => {
    expect(parseProcessStat(`42 (a ) Z 1) 2) S ${after}`)).toEqual({
      pid: 42,
      state: 'S',
      startedAt: '987654',
    });
  });

  it('is null when it is not understood', () => {
    expect(parseProcessStat('')).toBeNull();
    expect(parseProcessStat('42 (node) S 1 2 3')).toBeNull();
  });
});
