import type { ChatRequest, Warning } from '@sluice/contracts';
import { parameterDropped } from './parameter-warning.ts';

export interface StopRules {
  /** Default: any number. */
  maxCount?: number;
  /** The vendor refuses sequences of white space only. */
  refusesBlank?: boolean;
}

/** The caller's stop sequences as an array that the vendor takes; null when none are left. */
export function stopSequences(
  { stop }: ChatRequest,
  { maxCount = Number.POSITIVE_INFINITY, refusesBlank = false }: StopRules,
): { sequences: string[] | null; warnings: Warning[] } {
  if (stop === undefined) return { sequences: null, warnings: [] };
  const warnings: Warning[] = [];
  const all = typeof stop === 'string' ? [stop] : [...stop];
  const usable = refusesBlank ? all.filter((sequence) => sequence.trim() !== '') : all;
  if (usable.length < all.length) {
    warnings.push(
      parameterDropped(
        'stop',
        `${all.length - usable.length} of ${all.length} sequences are white space only`,
      ),
    );
  }
  const sequences = usable.slice(0, maxCount);
  if (sequences.length < usable.length) {
    const extra = usable.length - sequences.length;
    warnings.push(
      parameterDropped('stop', `the last ${extra} of ${usable.length}, as at most ${maxCount} are taken`),
    );
  }
  return { sequences: sequences.length > 0 ? sequences : null, warnings };
}
