import { readLines } from '../batch/read-lines.ts';
import { batchBehaviourSchema } from '../config/batch-behaviour.ts';
import { faultRuleSchema } from '../config/fault-rule.ts';
import { latencyProfileSchema } from '../config/latency-profile.ts';
import { simulatedLimitsSchema } from '../config/simulated-limits.ts';
import { batchRecord, type BatchLineRecord } from '../records/batch-record.ts';
import { monotonicNowMs } from '../server/monotonic-now-ms.ts';
import type { SimulatedAccount, SimulatorState } from '../server/simulator-state.ts';
import type { SimulatorControl } from './simulator-control.ts';

/** `applyFaults` is called after the rules have changed, to close and open ports. */
export function createControl(state: SimulatorState, applyFaults: () => Promise<void>): SimulatorControl {
  function accountNamed(name: string): SimulatedAccount {
    const account = state.accounts.get(name);
    if (account) return account;
    const names = Array.from(state.accounts.keys()).join(', ');
    throw new RangeError(`There is no simulated account "${name}"; there are: ${names}.`);
  }

  return {
    summary: () => ({
      calls: state.calls.count(),
      running: state.running.size,
      overshoots: state.overshoots.count(),
      cost_usd: state.bill.lines().reduce((sum, line) => sum + line.cost_usd, 0),
    }),
    calls: (filter) => state.calls.list(filter),
    overshoots: (filter) => state.overshoots.list(filter),
    bill: () => state.bill.lines(),
    limits: () =>
      Array.from(state.accounts.values()).flatMap(({ name, limiter }) =>
        limiter.states(monotonicNowMs()).map((gate) => ({ account: name, ...gate })),
      ),
    setLimits({ account, model, key, limits }) {
      const parsed = limits === null ? null : simulatedLimitsSchema.parse(limits);
      accountNamed(account).limiter.setLimits(monotonicNowMs(), parsed, { model, key });
    },
    latency: () =>
      Object.fromEntries(Array.from(state.accounts.values(), ({ name, latency }) => [name, latency])),
    setLatency({ account, latency }) {
      const parsed = latencyProfileSchema.parse(latency);
      const accounts = account === undefined ? state.accounts.values() : [accountNamed(account)];
      for (const each of accounts) each.latency = parsed;
    },
    batchBehaviour: () =>
      Object.fromEntries(Array.from(state.accounts.values(), ({ name, batch }) => [name, batch])),
    setBatchBehaviour({ account, batch }) {
      const parsed = batchBehaviourSchema.parse(batch);
      const accounts = account === undefined ? state.accounts.values() : [accountNamed(account)];
      for (const each of accounts) each.batch = parsed;
    },
    batches({ account } = {}) {
      const accounts = account === undefined ? Array.from(state.accounts.values()) : [accountNamed(account)];
      return accounts.flatMap(({ name, batches }) =>
        batches.batches().map((batch) => batchRecord(name, batch)),
      );
    },
    async batchLines({ account, id }) {
      const batch = accountNamed(account).batches.batch(id);
      if (!batch) throw new RangeError(`The account "${account}" has no batch "${id}".`);
      const lines: BatchLineRecord[] = [];
      if (batch.runningAtMs === null) return lines;
      await readLines(batch.ledgerPath, (text) => {
        lines.push(JSON.parse(text) as BatchLineRecord);
      });
      return lines;
    },
    faults: () => state.faults.rules(),
    async setFaults(rules) {
      const parsed = rules.map((rule) => faultRuleSchema.parse(rule));
      for (const { account } of parsed) if (account !== '*') accountNamed(account);
      state.faults.set(parsed);
      await applyFaults();
    },
    async reset() {
      await state.reset();
      await applyFaults();
    },
  };
}
