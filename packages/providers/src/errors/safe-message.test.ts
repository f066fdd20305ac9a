import { describe, expect, it } from 'vitest';
import { safeMessage } from './safe-message.ts';

describe('safeMessage', () => {
  it('removes the key, and what looks like one', () => {
    expect(safeMessage('bad local-secret', 'local-secret')).toBe('bad [key]');
    expect(safeMessage('Incorrect API key provided: sk-proj-a*****Zx9.', null)).toBe(
      'Incorrect API key provided: [key].',
    );
    expect(safeMessage('header Authorization: Bearer abc.def', null)).toBe('header Authorization: [key]');
  });

  it('does not garble text by a placeholder key', () => {
    expect(safeMessage('none of these', 'none')).toBe('none of these');
  });

  it('keeps at most 1 KB, whole characters', () => {
    const cut = safeMessage('🙂'.repeat(1_000), null);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(1_024);
    expect(cut).toMatch(/^(🙂)+…$/u);
  });
});
