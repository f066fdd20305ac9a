import type { IncomingMessage } from 'node:http';
import type { BatchBehaviour } from '../config/batch-behaviour.ts';
import type { LatencyProfile } from '../config/latency-profile.ts';
import type { SimulatedLimits } from '../config/simulated-limits.ts';
import { simulatedVendor, type SimulatedVendor } from '../config/simulated-vendor.ts';
import type { AccountConfig, SimulatorConfig } from '../config/simulator-config.ts';
import { createSeededRandom } from '../answer/seeded-random.ts';
import { createBatchStore, type BatchStore } from '../batch/batch-store.ts';
import { createAccountLimiter, type AccountLimiter } from '../limits/account-limiter.ts';
import { createBill, type Bill } from '../records/bill.ts';
import { createCallLog, type CallLog } from '../records/call-log.ts';
import type { CallRecord } from '../records/call-record.ts';
import { createOvershootLog, type OvershootLog } from '../records/overshoot-log.ts';
import type { VendorWire } from '../vendors/vendor-wire.ts';
import { wireFor } from '../vendors/wire-for.ts';
import { createFaultPlan, type FaultPlan } from './fault-plan.ts';
import { monotonicNowMs } from './monotonic-now-ms.ts';
import { createPromptCache, type PromptCache } from './prompt-cache.ts';

export interface SimulatedAccount {
  name: string;
  vendor: SimulatedVendor;
  wire: VendorWire;
  config: AccountConfig;
  limiter: AccountLimiter;
  latency: LatencyProfile;
  cache: PromptCache;
  /** How the next batches behave. */
  batch: BatchBehaviour;
  batches: BatchStore;
  /** How many of its batches were made to stall. */
  stalledBatches: number;
}

/** Everything that changes while the simulator runs. */
export interface SimulatorState {
  config: SimulatorConfig;
  accounts: ReadonlyMap<string, SimulatedAccount>;
  faults: FaultPlan;
  calls: CallLog;
  overshoots: OvershootLog;
  bill: Bill;
  /** Draws latencies. */
  random: () => number;
  /** Calls that have not ended. */
  running: Set<CallRecord>;
  /** Requests that came through an account's own port, whose addresses have no prefix. */
  dedicated: WeakSet<IncomingMessage>;
  /** Back to the configuration, with empty records. Calls that run go on, batches are gone. */
  reset(): Promise<void>;
  /** Ends all batches and removes their files. */
  close(): Promise<void>;
}

function modelLimits(config: AccountConfig): Record<string, SimulatedLimits> {
  return Object.fromEntries(
    Object.entries(config.models).flatMap(([model, { limits }]) => (limits ? [[model, limits]] : [])),
  );
}

function startAccount(
  name: string,
  config: AccountConfig,
  defaults: Pick<SimulatorConfig, 'latency' | 'batch'>,
): SimulatedAccount {
  const vendor = simulatedVendor(config.kind);
  return { name, vendor, wire: wireFor(vendor), config, ...freshConditions(config, defaults) };
}

function freshConditions(
  config: AccountConfig,
  { latency, batch }: Pick<SimulatorConfig, 'latency' | 'batch'>,
): Pick<SimulatedAccount, 'limiter' | 'latency' | 'cache' | 'batch' | 'batches' | 'stalledBatches'> {
  const limiter = createAccountLimiter({
    limits: config.limits ?? null,
    models: modelLimits(config),
    keys: config.key_limits,
    nowMs: monotonicNowMs(),
  });
  return {
    limiter,
    latency: config.latency ?? latency,
    cache: createPromptCache(),
    batch: config.batch ?? batch,
    batches: createBatchStore(),
    stalledBatches: 0,
  };
}

export function createSimulatorState(config: SimulatorConfig): SimulatorState {
  const accounts = new Map(
    Object.entries(config.accounts).map(([name, account]) => [name, startAccount(name, account, config)]),
  );
  const faults = createFaultPlan({ random: createSeededRandom(config.seed) });
  faults.set(config.faults);
  const state: SimulatorState = {
    config,
    accounts,
    faults,
    calls: createCallLog({ maxCalls: config.max_calls }),
    overshoots: createOvershootLog(),
    bill: createBill(),
    random: createSeededRandom(config.seed + 1),
    running: new Set(),
    dedicated: new WeakSet(),
    async reset() {
      const stores = Array.from(accounts.values(), ({ batches }) => batches);
      for (const account of accounts.values()) {
        Object.assign(account, freshConditions(account.config, config));
      }
      faults.set(config.faults);
      state.calls.clear();
      state.overshoots.clear();
      state.bill.clear();
      await Promise.all(stores.map((store) => store.close()));
    },
    async close() {
      await Promise.all(Array.from(accounts.values(), ({ batches }) => batches.close()));
    },
  };
  return state;
}
