import type {
  BottleneckInternals,
  BottleneckStore,
  RegisterAnswer,
  SubmitAnswer,
} from './bottleneck-internals.ts';

/** What the store needs to know of a call that waits in Bottleneck. */
export interface WaitingCall {
  readonly ended: boolean;
}

export type PermitAnswer =
  | { status: 'granted'; waitMs: number }
  | { status: 'refused'; retryMs: number; cause: RefusalCause }
  /** The call has ended without a permit; it leaves the queue as a job that takes nothing. */
  | { status: 'postponed' };

export type RefusalCause = 'rate' | 'concurrency' | 'unavailable';

export interface PermitStoreDeps<Call extends WaitingCall> {
  bottleneck: BottleneckInternals;
  /** Never rejects, and answers within a bounded time. */
  acquire: (call: Call) => Promise<PermitAnswer>;
}

const GRANTED_NOTHING: RegisterAnswer = { success: true, wait: 0, reservoir: null };
const REFUSED: RegisterAnswer = { success: false };

/**
 * Bottleneck's datastore on the buckets in Redis.
 *
 * No method ever rejects: Bottleneck leaves a job waiting for ever whose `__register__` rejects, and stops as a
 * whole when one never answers. A refusal is remembered until its time and answered from memory; then a timer
 * makes Bottleneck ask again.
 */
export class PermitStore<Call extends WaitingCall> implements BottleneckStore {
  readonly ready = Promise.resolve();
  readonly clients = {};
  readonly #deps: PermitStoreDeps<Call>;
  readonly #calls = new Map<string, Call>();
  #refusal: { cause: RefusalCause; timer: NodeJS.Timeout } | null = null;
  #lastRefusal: { cause: RefusalCause; untilMs: number } | null = null;
  /** What was freed since the question was asked that is not answered yet. */
  readonly #freed = new Set<RefusalCause>();
  #asking = false;
  #running = 0;
  #done = 0;
  #closed = false;

  constructor(deps: PermitStoreDeps<Call>) {
    this.#deps = deps;
  }

  /** Tells the store which call a Bottleneck job stands for, before it is scheduled. */
  expect(jobId: string, call: Call): void {
    this.#calls.set(jobId, call);
  }

  forget(jobId: string): void {
    this.#calls.delete(jobId);
  }

  /**
   * Something was freed: asks again although the time of a refusal for one of these causes has not come.
   * False when nothing waits for it.
   */
  retry(causes: readonly RefusalCause[]): boolean {
    if (this.#asking) {
      for (const cause of causes) this.#freed.add(cause);
      return true;
    }
    if (this.#refusal === null || !causes.includes(this.#refusal.cause)) return false;
    this.#forgetRefusal();
    this.#drain();
    return true;
  }

  /** A call ended while it waited: when it was at the head, those behind it must not wait for its refusal. */
  skipEnded(): void {
    if (this.#head()?.ended) this.#drain();
  }

  /** The refusal that all who wait here wait for, or did until a moment ago; null when none is known. */
  refusal(): { cause: RefusalCause; leftMs: number } | null {
    if (this.#lastRefusal === null) return null;
    const { cause, untilMs } = this.#lastRefusal;
    return { cause, leftMs: Math.max(0, untilMs - performance.now()) };
  }

  async __register__(_index: string, weight: number): Promise<RegisterAnswer> {
    const call = this.#head();
    if (weight > 0) this.#running += 1;
    if (weight === 0 || call === undefined || call.ended) {
      this.#forgetRefusal();
      return GRANTED_NOTHING;
    }
    if (this.#refusal === null && !this.#closed) {
      const answer = await this.#ask(call);
      if (answer.status === 'granted') return { success: true, wait: answer.waitMs, reservoir: null };
      // Once ended, the call leaves the queue as a job that takes nothing.
      if (call.ended || answer.status === 'postponed') return GRANTED_NOTHING;
    }
    this.#running -= 1;
    return REFUSED;
  }

  async __free__(_index: string, weight: number): Promise<{ running: number }> {
    if (weight > 0) {
      this.#running -= 1;
      this.#done += 1;
    }
    return { running: this.#running };
  }

  async __submit__(): Promise<SubmitAnswer> {
    return { reachedHWM: false, blocked: false, strategy: 1 };
  }

  async __check__(): Promise<boolean> {
    return this.#refusal === null;
  }

  async __running__(): Promise<number> {
    return this.#running;
  }

  async __queued__(): Promise<number> {
    return this.#deps.bottleneck.queued();
  }

  async __done__(): Promise<number> {
    return this.#done;
  }

  async __groupCheck__(): Promise<boolean> {
    return false;
  }

  async __currentReservoir__(): Promise<null> {
    return null;
  }

  async __incrementReservoir__(): Promise<null> {
    return null;
  }

  async __updateSettings__(): Promise<boolean> {
    return true;
  }

  async __publish__(): Promise<void> {}

  async __disconnect__(): Promise<void> {
    this.#closed = true;
    this.#forgetRefusal();
  }

  /** Asks, and again when a refusal crossed with the release of what it was for; remembers a refusal. */
  async #ask(call: Call): Promise<PermitAnswer> {
    this.#asking = true;
    let answer: PermitAnswer;
    do {
      this.#freed.clear();
      answer = await this.#deps.acquire(call);
    } while (answer.status === 'refused' && !call.ended && this.#freed.has(answer.cause));
    this.#asking = false;
    if (answer.status === 'granted') this.#lastRefusal = null;
    // In the same turn, so that nothing freed falls between the question and its being remembered.
    if (answer.status === 'refused' && !call.ended) this.#remember(answer.cause, answer.retryMs);
    return answer;
  }

  /** The job that Bottleneck registers is always the first one of its queue. */
  #head(): Call | undefined {
    const job = this.#deps.bottleneck._queues.getFirst().first?.();
    return job && this.#calls.get(job.options.id);
  }

  #remember(cause: RefusalCause, retryMs: number): void {
    this.#forgetRefusal();
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#refusal = null;
      this.#drain();
    }, retryMs);
    this.#refusal = { cause, timer };
    this.#lastRefusal = { cause, untilMs: performance.now() + retryMs };
  }

  #forgetRefusal(): void {
    if (this.#refusal) clearTimeout(this.#refusal.timer);
    this.#refusal = null;
  }

  #drain(): void {
    if (this.#deps.bottleneck.queued() > 0) void this.#deps.bottleneck._drainAll();
  }
}
