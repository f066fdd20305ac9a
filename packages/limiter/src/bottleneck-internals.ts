/**
 * The parts of Bottleneck 2.19.5 behind its public face that a datastore meets (lib/Bottleneck.js, lib/Events.js,
 * lib/Job.js, lib/Queues.js). The library is frozen at that version and pinned exactly.
 */
export interface BottleneckInternals {
  Events: {
    listenerCount(name: string): number;
    trigger(name: string, ...args: unknown[]): Promise<unknown>;
  };
  _store: BottleneckStore;
  /** The first queue by priority that holds jobs: a linked list, or an empty array when all are empty (lib/DLList.js). */
  _queues: { getFirst(): { _first?: QueuedJob | null } };
  _scheduled: Record<string, ScheduledJob>;
  queued(): number;
  _run(index: string, job: BottleneckJob, waitMs: number): ScheduledJob;
  _clearGlobalState(index: string): boolean;
  _free(index: string, job: BottleneckJob, ...rest: unknown[]): Promise<unknown>;
  /** The weight of the job that was registered; null when none was. */
  _drainOne(): Promise<number | null>;
  _drainAll(): Promise<unknown>;
}

export interface QueuedJob {
  value: BottleneckJob;
  next: QueuedJob | null;
}

export interface BottleneckJob {
  options: { id: string; weight: number };
  doRun(): unknown;
  doExecute(
    chained: null,
    clearGlobalState: () => boolean,
    run: (waitMs: number) => unknown,
    free: (...rest: unknown[]) => Promise<unknown>,
  ): Promise<unknown>;
}

export interface ScheduledJob {
  timeout: NodeJS.Timeout | undefined;
  expiration: undefined;
  job: BottleneckJob;
}

/** What Bottleneck asks of a datastore; its own are lib/LocalDatastore.js and lib/RedisDatastore.js. */
export interface BottleneckStore {
  readonly ready: Promise<unknown>;
  readonly clients: Record<string, never>;
  __submit__(queueLength: number, weight: number): Promise<SubmitAnswer>;
  __register__(index: string, weight: number, expirationMs: number | null): Promise<RegisterAnswer>;
  __free__(index: string, weight: number): Promise<{ running: number }>;
  __check__(weight: number): Promise<boolean>;
  __running__(): Promise<number>;
  __queued__(): Promise<number>;
  __done__(): Promise<number>;
  __groupCheck__(timeMs: number): Promise<boolean>;
  __currentReservoir__(): Promise<null>;
  __incrementReservoir__(amount: number): Promise<null>;
  __updateSettings__(settings: object): Promise<boolean>;
  __publish__(message: unknown): Promise<void>;
  __disconnect__(flush?: boolean): Promise<void>;
}

export interface SubmitAnswer {
  reachedHWM: boolean;
  blocked: boolean;
  strategy: number;
}

export type RegisterAnswer = { success: false } | { success: true; wait: number; reservoir: null };
