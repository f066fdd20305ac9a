import { describe, expect, it } from 'vitest';
import { retryAfterMs } from './retry-after-ms.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const of = (headers: Record<string, string>) => retryAfterMs((name) => headers[name], NOW);

describe('retryAfterMs', () => {
  it.each([
    [{}, null],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after': '0.25' }, 250],
    [{ 'retry-after-ms': '12.5', 'retry-after': '9' }, 13],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
    [{ 'retry-after': '99999999999' }, 86_400_000],
  ])('%o is %s ms', (headers, expected) => {
    expect(of(headers as Record<string, string>)).toBe(expected);
  });
});
