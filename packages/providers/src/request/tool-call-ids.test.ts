import { describe, expect, it } from 'vitest';
import { toolCallIds } from './tool-call-ids.ts';

const nine = () =>
  toolCallIds({ fits: (id) => /^[a-z0-9]{9}$/.test(id), make: (digest) => digest.slice(0, 9) });

describe('toolCallIds', () => {
  it('leaves ids that fit', () => {
    const ids = nine();
    expect(ids.ofCall('abcdefghi')).toBe('abcdefghi');
    expect(ids.ofResult('abcdefghi')).toBe('abcdefghi');
  });

  it('replaces the others, by the same id at every try', () => {
    const sent = nine().ofCall('functions.f:0');
    expect(sent).toMatch(/^[a-z0-9]{9}$/);
    const again = nine();
    expect(again.ofCall('functions.f:0')).toBe(sent);
    expect(again.ofResult('functions.f:0')).toBe(sent);
  });

  it('gives each call its own id where ids come again, and results the newest', () => {
    const ids = nine();
    const first = ids.ofCall('abcdefghi');
    expect(ids.ofResult('abcdefghi')).toBe(first);
    const second = ids.ofCall('abcdefghi');
    expect(second).not.toBe(first);
    expect(ids.ofResult('abcdefghi')).toBe(second);
    const third = ids.ofCall('abcdefghi');
    expect(new Set([first, second, third]).size).toBe(3);
  });

  it('gives a result without a call an id that fits', () => {
    expect(nine().ofResult('a.b')).toMatch(/^[a-z0-9]{9}$/);
  });
});
