import { Agent, fetch as undiciFetch } from 'undici';
import type { CallMonitor } from '../call/call-monitor.ts';
import { costHeader } from '../call/cost-header.ts';
import { rateLimitHeaders } from '../call/rate-limit-headers.ts';

/** An answer of a model is text of some thousand tokens; more is a fault, and would have to fit into memory. */
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;
/** The limiter bounds calls in flight; the pool must not be a second, unseen queue. */
const MAX_CONNECTIONS = 1_024;
const KEEP_ALIVE_MS = 30_000;

/** Connections to one vendor, kept alive between calls. Owned by the adapter that made it. */
export interface HttpPool {
  /** For the SDKs' `fetch` option. Redirects are not followed: they would carry the key elsewhere. */
  readonly fetch: typeof globalThis.fetch;
  /** For the SDKs' `fetchOptions` of one call, whose connection must stand within its `connect_ms`, TLS included. */
  fetchOptions(monitor: CallMonitor): object;
  /** Breaks calls in flight; idempotent. */
  close(): Promise<void>;
}

export interface HttpPoolOptions {
  /** Default: what a model's answer may have. */
  maxResponseBytes?: number;
}

export function createHttpPool({ maxResponseBytes = MAX_RESPONSE_BYTES }: HttpPoolOptions = {}): HttpPool {
  const agents = new Map<number, Agent>();
  let closing: Promise<void> | null = null;

  function dispatcher(connectMs: number): Agent {
    const existing = agents.get(connectMs);
    if (existing) return existing;
    const agent = new Agent({
      connect: { timeout: connectMs },
      connections: MAX_CONNECTIONS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxResponseSize: maxResponseBytes,
      allowH2: false,
      // The call's own clocks decide, with a message that says which one struck.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    // A reloaded configuration may name a new timeout; the pool of the old one drains by itself.
    for (const [otherMs, other] of agents) {
      agents.delete(otherMs);
      other.close().catch(() => undefined);
    }
    agents.set(connectMs, agent);
    return agent;
  }

  async function destroyAll(): Promise<void> {
    await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    agents.clear();
  }

  return {
    fetch: vendorFetch as unknown as typeof globalThis.fetch,
    fetchOptions: (monitor) =>
      ({ dispatcher: dispatcher(monitor.timeouts.connect_ms), monitor }) satisfies CallOptions,
    close: () => (closing ??= destroyAll()),
  };
}

interface CallOptions {
  dispatcher: Agent;
  monitor: CallMonitor;
}

/** The dispatcher is of this undici and not of the one inside Node, so its fetch must be as well. */
async function vendorFetch(
  input: string,
  { monitor, ...init }: CallOptions & Record<string, unknown>,
): Promise<unknown> {
  try {
    const response = await undiciFetch(input, { ...init, redirect: 'manual' });
    monitor.reportCost(costHeader((name) => response.headers.get(name)));
    monitor.reportRateLimit(rateLimitHeaders((name) => response.headers.get(name)));
    return response;
  } catch (error) {
    // Told here, as the SDKs answer every kind of timeout with one error that has no cause.
    if ((error as { cause?: { code?: unknown } }).cause?.code === 'UND_ERR_CONNECT_TIMEOUT') {
      monitor.interrupt({ kind: 'timeout', which: 'connect', limitMs: monitor.timeouts.connect_ms });
    }
    throw error;
  }
}
