import type { FaultKind, FaultRule } from '../config/fault-rule.ts';

/** The rule's kind when it is one of `kinds`, else null. */
export function faultAmong<Kind extends FaultKind>(
  rule: FaultRule | null,
  kinds: readonly Kind[],
): Kind | null {
  return kinds.find((kind) => kind === rule?.kind) ?? null;
}
