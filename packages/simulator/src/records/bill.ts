import type { SimulatedPrice } from '../config/simulated-price.ts';
import type { CacheUse } from '../vendors/simulated-completion.ts';

/** What one model at one account has cost so far. */
export interface BillLine {
  account: string;
  model: string;
  /** Calls that were paid for. */
  calls: number;
  prompt_tokens: number;
  completion_tokens: number;
  cost_usd: number;
}

export interface BillEntry {
  account: string;
  model: string;
  promptTokens: number;
  completionTokens: number;
  cache: CacheUse;
  serviceTier: string | null;
  /** A line of a batch: its price is the batch's, whatever tier was asked for. */
  isBatch: boolean;
  price: SimulatedPrice;
}

export interface Bill {
  /** Books one call; what it cost. */
  charge(entry: BillEntry): number;
  lines(): BillLine[];
  clear(): void;
}

function factorOf({
  serviceTier,
  isBatch,
  price,
}: Pick<BillEntry, 'serviceTier' | 'isBatch' | 'price'>): number {
  if (isBatch) return price.batch_factor;
  return serviceTier === 'flex' || serviceTier === 'priority' ? price[`${serviceTier}_factor`] : 1;
}

/** US dollars at the account's prices. */
export function costOf(entry: Omit<BillEntry, 'account' | 'model'>): number {
  const { promptTokens, completionTokens, cache, price } = entry;
  const { readTokens, write5mTokens, write1hTokens } = cache;
  const plainTokens = promptTokens - readTokens - write5mTokens - write1hTokens;
  const sum =
    plainTokens * price.input +
    readTokens * (price.cache_read ?? price.input * 0.1) +
    write5mTokens * (price.cache_write_5m ?? price.input * 1.25) +
    write1hTokens * (price.cache_write_1h ?? price.input * 2) +
    completionTokens * price.output;
  return (sum * factorOf(entry)) / 1_000_000;
}

/** The provider's own account of what was used, counted from the answers that it sent. */
export function createBill(): Bill {
  const lines = new Map<string, BillLine>();

  return {
    charge(entry) {
      const { account, model, promptTokens, completionTokens } = entry;
      const costUsd = costOf(entry);
      const key = `${account}/${model}`;
      const line = lines.get(key) ?? {
        account,
        model,
        calls: 0,
        prompt_tokens: 0,
        completion_tokens: 0,
        cost_usd: 0,
      };
      line.calls += 1;
      line.prompt_tokens += promptTokens;
      line.completion_tokens += completionTokens;
      line.cost_usd += costUsd;
      lines.set(key, line);
      return costUsd;
    },
    lines: () => Array.from(lines.values(), (line) => ({ ...line })),
    clear: () => lines.clear(),
  };
}
