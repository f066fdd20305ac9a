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
  /** Admits a call to the account's, the model's and the key's limits together, or to none. */
  admit(nowMs: number, call: { model: string; key?: string | null; tokens: CallTokens }): AdmissionOutcome;
  /** The limits that hold for a model, or all of them. */
  states(nowMs: number, model?: string): GateState[];
  setLimits(
    nowMs: number,
    limits: SimulatedLimits | null,
    of: { model?: string | undefined; key?: string | undefined },
  ): void;
  /** The tighter of the account's and the model's; null when there is none. */
  queuedBatchTokens(model: string): number | null;
}

export function createAccountLimiter({
  limits,
  models,
  keys = {},
  nowMs,
}: {
  limits: SimulatedLimits | null;
  models: Readonly<Record<string, SimulatedLimits>>;
  /** By the key as it is called with. */
  keys?: Readonly<Record<string, SimulatedLimits>>;
  nowMs: number;
}): AccountLimiter {
  const account = createLimitGate({ limits, nowMs });
  const byModel = new Map<string, LimitGate>(
    Object.entries(models).map(([model, own]) => [model, createLimitGate({ model, limits: own, nowMs })]),
  );
  const byKey = new Map<string, LimitGate>(
    Object.entries(keys).map(([key, own]) => [key, createLimitGate({ key, limits: own, nowMs })]),
  );

  let accountQueue = limits?.queued_batch_tokens;
  const modelQueues = new Map(
    Object.entries(models).map(([model, own]) => [model, own.queued_batch_tokens] as const),
  );

  function gatesFor(model: string, key: string | null = null): LimitGate[] {
    const gates = [byModel.get(model), byKey.get(key ?? '')];
    return [account, ...gates.filter((gate) => gate !== undefined)];
  }

  return {
    admit(atMs, { model, key, tokens }) {
      const gates = gatesFor(model, key);
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
      const gates = model === undefined ? [account, ...byModel.values(), ...byKey.values()] : gatesFor(model);
      return gates.flatMap((gate) => gate.states(atMs));
    },
    queuedBatchTokens(model) {
      const tightest = Math.min(accountQueue ?? Infinity, modelQueues.get(model) ?? Infinity);
      return tightest === Infinity ? null : tightest;
    },
    setLimits(atMs, next, { model, key }) {
      if (key === undefined && model === undefined) accountQueue = next?.queued_batch_tokens;
      else if (key === undefined && model !== undefined) modelQueues.set(model, next?.queued_batch_tokens);
      const gates = key === undefined ? byModel : byKey;
      const name = key ?? model;
      const gate = name === undefined ? account : gates.get(name);
      if (gate) gate.setLimits(next, atMs);
      else if (key !== undefined) byKey.set(key, createLimitGate({ key, limits: next, nowMs: atMs }));
      else if (model !== undefined) byModel.set(model, createLimitGate({ model, limits: next, nowMs: atMs }));
    },
  };
}
