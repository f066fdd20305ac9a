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
  /**
   * Asks for calls that wait in this order. Answers them in order, all or up to the first that is refused, and at least
   * the first. Never rejects, and answers within a bounded time.
   */
  acquire: (calls: readonly Call[]) => Promise<PermitAnswer[]>;
}

/** Permits asked for at once. Doubled as long as all are granted, so that those who are refused ask for one. */
const MOST_AT_ONCE = 32;

const GRANTED_NOTHING: RegisterAnswer = { success: true, wait: 0, reservoir: null };
const REFUSED: RegisterAnswer = { success: false };
const NO_ANSWER: PermitAnswer = { status: 'refused', cause: 'unavailable', retryMs: 100 };

/**
 * Bottleneck's datastore on the buckets in Redis.
 *
 * Bottleneck registers one job at a time; the store asks for those behind it as well, and answers them from memory when
 * their turn comes. No method ever rejects: Bottleneck leaves a job waiting for ever whose `__register__` rejects, and stops as a
 * whole when one never answers. A refusal is remembered until its time and answered from memory; then a timer
 * makes Bottleneck ask again.
 */
export class PermitStore<Call extends WaitingCall> implements BottleneckStore {
  readonly ready = Promise.resolve();
  readonly clients = {};
  readonly #deps: PermitStoreDeps<Call>;
  readonly #calls = new Map<string, Call>();
  /** Answers to those behind the head: granted, or out of the queue. */
  readonly #answers = new Map<Call, PermitAnswer>();
  #atOnce = 1;
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

  forget(jobId: string, call: Call): void {
    this.#calls.delete(jobId);
    this.#answers.delete(call);
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
    if (weight === 0 || call === undefined) return this.#pass();
    const known = this.#answers.get(call);
    this.#answers.delete(call);
    if (call.ended) return this.#pass();
    if (known?.status === 'granted') return { success: true, wait: known.waitMs, reservoir: null };
    if (this.#refusal === null && !this.#closed) {
      const answer = await this.#ask();
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

  /** A job that takes nothing leaves the queue; whoever comes next has to ask for itself. */
  #pass(): RegisterAnswer {
    if (this.#answers.size === 0) this.#forgetRefusal();
    return GRANTED_NOTHING;
  }

  /** Asks, and again when a refusal crossed with the release of what it was for; remembers a refusal. */
  async #ask(): Promise<PermitAnswer> {
    this.#asking = true;
    let calls: Call[];
    let answers: PermitAnswer[];
    let last: PermitAnswer;
    do {
      this.#freed.clear();
      calls = this.#next(this.#atOnce);
      answers = await this.#deps.acquire(calls);
      last = answers.at(-1) ?? NO_ANSWER;
    } while (
      answers.length === 1 &&
      last.status === 'refused' &&
      !calls[0]?.ended &&
      this.#freed.has(last.cause)
    );
    this.#asking = false;
    const refused = last.status === 'refused' ? calls[answers.length - 1] : undefined;
    this.#atOnce = last.status === 'refused' ? 1 : Math.min(MOST_AT_ONCE, 2 * calls.length);
    if (answers.some(({ status }) => status === 'granted')) this.#lastRefusal = null;
    for (const [index, answer] of answers.entries()) {
      const call = calls[index];
      if (index > 0 && call && answer.status === 'granted') this.#answers.set(call, answer);
    }
    // In the same turn, so that nothing freed falls between the question and its being remembered.
    if (last.status === 'refused' && !refused?.ended && !this.#freed.has(last.cause)) {
      this.#remember(last.cause, last.retryMs);
    }
    return answers[0] ?? NO_ANSWER;
  }

  /** The job that Bottleneck registers is always the first one of its queue. */
  #head(): Call | undefined {
    const job = this.#deps.bottleneck._queues.getFirst()._first?.value;
    return job && this.#calls.get(job.options.id);
  }

  /** The first calls of the queue that still want a permit. */
  #next(most: number): Call[] {
    const calls: Call[] = [];
    let job = this.#deps.bottleneck._queues.getFirst()._first;
    for (let looked = 0; job && looked < 2 * most && calls.length < most; looked += 1, job = job.next) {
      const call = job.value.options.weight > 0 ? this.#calls.get(job.value.options.id) : undefined;
      if (call && !call.ended) calls.push(call);
    }
    return calls;
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
