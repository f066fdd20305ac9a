import type { SimulatedLimits } from '../config/simulated-limits.ts';
import {
  createLimitGate,
  type CallTokens,
  type GateCrossing,
  type GateState,
  type LimitGate,
} from './limit-gate.ts';

export type AdmissionOutcome =
  /** `release` ends the call for the concurrency limits; calling it twice is harmless. */
  | { status: 'admitted'; crossings: GateCrossing[]; release: () => void }
  | { status: 'refused'; crossings: GateCrossing[]; refusal: GateCrossing };

export interface AccountLimiter {
  /** Admits a call to the account's and the model's limits together, or to neither. */
  admit(nowMs: number, call: { model: string; tokens: CallTokens }): AdmissionOutcome;
  /** The limits that hold for a model, or all of them. */
  states(nowMs: number, model?: string): GateState[];
  setLimits(nowMs: number, limits: SimulatedLimits | null, model: string | null): void;
  /** The tighter of the account's and the model's; null when there is none. */
  queuedBatchTokens(model: string): number | null;
}

export function createAccountLimiter({
  limits,
  models,
  nowMs,
}: {
  limits: SimulatedLimits | null;
  models: Readonly<Record<string, SimulatedLimits>>;
  nowMs: number;
}): AccountLimiter {
  const account = createLimitGate({ model: null, limits, nowMs });
  const byModel = new Map<string, LimitGate>(
    Object.entries(models).map(([model, own]) => [model, createLimitGate({ model, limits: own, nowMs })]),
  );

  let accountQueue = limits?.queued_batch_tokens;
  const modelQueues = new Map(
    Object.entries(models).map(([model, own]) => [model, own.queued_batch_tokens] as const),
  );

  function gatesFor(model: string): LimitGate[] {
    const gate = byModel.get(model);
    return gate ? [account, gate] : [account];
  }

  return {
    admit(atMs, { model, tokens }) {
      const gates = gatesFor(model);
      const crossings = gates.flatMap((gate) => gate.arrive(atMs, tokens));
      const [refusal] = crossings
        .filter((crossing) => crossing.refuses)
        .sort((left, right) => right.retryAfterMs - left.retryAfterMs);
      if (refusal) return { status: 'refused', crossings, refusal };
      for (const gate of gates) gate.admit(atMs, tokens);
      let released = false;
      const release = (): void => {
        if (released) return;
        released = true;
        for (const gate of gates) gate.release();
      };
      return { status: 'admitted', crossings, release };
    },
    states(atMs, model) {
      const gates = model === undefined ? [account, ...byModel.values()] : gatesFor(model);
      return gates.flatMap((gate) => gate.states(atMs));
    },
    queuedBatchTokens(model) {
      const tightest = Math.min(accountQueue ?? Infinity, modelQueues.get(model) ?? Infinity);
      return tightest === Infinity ? null : tightest;
    },
    setLimits(atMs, next, model) {
      if (model === null) accountQueue = next?.queued_batch_tokens;
      else modelQueues.set(model, next?.queued_batch_tokens);
      const gate = model === null ? account : byModel.get(model);
      if (gate) gate.setLimits(next, atMs);
      else if (model !== null) byModel.set(model, createLimitGate({ model, limits: next, nowMs: atMs }));
    },
  };
}
