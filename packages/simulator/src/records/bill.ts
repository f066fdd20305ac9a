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
  /** US dollars per million tokens. */
  price: { input: number; output: number };
}

export interface Bill {
  /** Books one call; what it cost. */
  charge(entry: BillEntry): number;
  lines(): BillLine[];
  clear(): void;
}

/** The provider's own account of what was used, counted from the answers that it sent. */
export function createBill(): Bill {
  const lines = new Map<string, BillLine>();

  return {
    charge({ account, model, promptTokens, completionTokens, price }) {
      const costUsd = (promptTokens * price.input + completionTokens * price.output) / 1_000_000;
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
