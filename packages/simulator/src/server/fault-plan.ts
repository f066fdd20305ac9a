import type { BatchOperation } from '../config/batch-operation.ts';
import type { FaultRule } from '../config/fault-rule.ts';

export interface FaultableCall {
  account: string;
  model: string | null;
  /** As it was sent; absent: none is known. */
  key?: string | null;
  /** Absent: a call of the model. */
  operation?: BatchOperation;
}

export interface FaultPlan {
  /** Replaces all rules and starts their counts anew. */
  set(rules: readonly FaultRule[]): void;
  rules(): readonly FaultRule[];
  /** The rule that hits this call, if any; counts the call. */
  next(call: FaultableCall): FaultRule | null;
}

/**
 * Decides which calls suffer. One draw per call is shared by all rules that fit it, in order: 0.5 of one kind and 0.25
 * of another hit exactly a half and a quarter of the calls, never the same one.
 */
export function createFaultPlan({ random }: { random: () => number }): FaultPlan {
  let states: { rule: FaultRule; seen: number; hits: number }[] = [];

  return {
    set(rules) {
      states = rules.map((rule) => ({ rule, seen: 0, hits: 0 }));
    },
    rules: () => states.map((state) => state.rule),
    next({ account, model, key = null, operation }) {
      const draw = random();
      let reached = 0;
      let hit: FaultRule | null = null;
      for (const state of states) {
        const { rule } = state;
        if (rule.account !== '*' && rule.account !== account) continue;
        if (rule.model !== undefined && rule.model !== model) continue;
        if ((rule.api === 'batch') !== (operation !== undefined)) continue;
        if (rule.operation !== undefined && rule.operation !== operation) continue;
        if (rule.key !== undefined && rule.key !== key) continue;
        state.seen += 1;
        if (hit || state.seen < rule.from_call || state.hits >= (rule.times ?? Infinity)) continue;
        reached += rule.probability;
        if (draw < reached) {
          state.hits += 1;
          hit = rule;
        }
      }
      return hit;
    },
  };
}
