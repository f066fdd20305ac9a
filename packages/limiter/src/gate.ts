import Bottleneck from 'bottleneck';
import type { BottleneckInternals } from './bottleneck-internals.ts';
import { drainApart } from './drain-apart.ts';
import type { PermitAnswer, RefusalCause, WaitingCall } from './permit-store.ts';
import { PermitStore } from './permit-store.ts';
import { runWithoutTimer } from './run-without-timer.ts';
import { skipUnheardEvents } from './skip-unheard-events.ts';

export interface GatedCall extends WaitingCall {
  start(): Promise<'done' | 'again'>;
  stop(): void;
}

export interface GateDeps {
  /** As {@link PermitStore} asks. */
  acquire: (calls: readonly GatedCall[]) => Promise<PermitAnswer[]>;
  onError: (error: unknown) => void;
}

/** The calls of one target, in the order in which they came: a Bottleneck on our datastore. */
export class Gate {
  readonly bottleneck: Bottleneck;
  readonly #store: PermitStore<GatedCall>;
  #size = 0;
  #lastJob = 0;

  constructor({ acquire, onError }: GateDeps) {
    this.bottleneck = new Bottleneck();
    this.bottleneck.on('error', onError);
    const internals = this.bottleneck as unknown as BottleneckInternals;
    this.#store = new PermitStore({ bottleneck: internals, acquire });
    internals._store = this.#store;
    runWithoutTimer(internals);
    drainApart(internals, onError);
    skipUnheardEvents(internals);
  }

  /** Calls that wait or run. */
  get size(): number {
    return this.#size;
  }

  /** Starts the call when it has a permit; stops it when Bottleneck drops it. */
  async pass(call: GatedCall): Promise<void> {
    this.#size += 1;
    try {
      while ((await this.#schedule(call)) === 'again');
    } catch {
      call.stop();
    } finally {
      this.#size -= 1;
    }
  }

  /** Something was freed; false when no call of this gate waits for it. */
  retry(causes: readonly RefusalCause[]): boolean {
    return this.#store.retry(causes);
  }

  /** What all who wait here wait for; null when nothing is known. */
  refusal(): { cause: RefusalCause; leftMs: number } | null {
    return this.#store.refusal();
  }

  skipEnded(): void {
    this.#store.skipEnded();
  }

  /** Asks for no more permits; what waits has to be stopped by its owner. */
  async close(): Promise<void> {
    await this.#store.__disconnect__();
  }

  async #schedule(call: GatedCall): Promise<'done' | 'again'> {
    // Bottleneck's queue is this process's own.
    const jobId = String((this.#lastJob += 1));
    this.#store.expect(jobId, call);
    try {
      return await this.bottleneck.schedule({ id: jobId }, () => call.start());
    } finally {
      this.#store.forget(jobId, call);
    }
  }
}
