import type { GateDeps } from './gate.ts';
import { Gate } from './gate.ts';
import type { RefusalCause } from './permit-store.ts';

/** What one call frees, one other call can take: waking more would only make more of them ask. */
const GATES_WOKEN = 4;
/** Above this many targets, gates without calls are dropped; they are made anew when needed. */
const GATES_KEPT = 256;

/** The gates of one provider, one for each target in use. `close` is idempotent. */
export class GateKeeper {
  readonly #deps: GateDeps;
  readonly #gates = new Map<string, Gate>();

  constructor(deps: GateDeps) {
    this.#deps = deps;
  }

  gateFor(model: string): Gate {
    const known = this.#gates.get(model);
    if (known) return known;
    if (this.#gates.size >= GATES_KEPT) this.#dropIdle();
    const gate = new Gate(this.#deps);
    this.#gates.set(model, gate);
    return gate;
  }

  retryAll(causes: readonly RefusalCause[]): void {
    for (const gate of this.#gates.values()) gate.retry(causes);
  }

  /** Wakes those that wait in turn, the model's own gate first. */
  wake(model: string, causes: readonly RefusalCause[]): void {
    let woken = this.#gates.get(model)?.retry(causes) ? 1 : 0;
    if (this.#gates.size === 1) return;
    for (const [other, gate] of Array.from(this.#gates)) {
      if (woken >= GATES_WOKEN) return;
      if (other === model || !gate.retry(causes)) continue;
      woken += 1;
      this.#gates.delete(other);
      this.#gates.set(other, gate);
    }
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#gates.values(), (gate) => gate.close()));
    this.#gates.clear();
  }

  #dropIdle(): void {
    for (const [model, gate] of this.#gates) if (gate.size === 0) this.#gates.delete(model);
  }
}
