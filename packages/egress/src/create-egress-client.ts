import { Agent, request } from 'undici';
import { checkUrl, type Refusal } from './check-url.ts';
import { createGuardedConnect } from './create-guarded-connect.ts';
import { describeFailure, type Failure } from './describe-failure.ts';
import type { EgressPolicy } from './egress-policy.ts';
import { readCappedBody } from './read-capped-body.ts';
import { resolveAddresses, type ResolveAddresses } from './resolve-addresses.ts';

export interface EgressRequest {
  headers: Readonly<Record<string, string>>;
  body: string;
  /** For all of it: resolving, connecting, sending, and reading the answer to its end or cap. */
  timeoutMs: number;
  /**
   * The rest of a longer answer is not read.
   * @defaultValue 20 KiB
   */
  maxResponseBytes?: number;
}

export interface EgressAnswer {
  status: 'answered';
  /** Any status, 3xx included: redirects are not followed. */
  httpStatus: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As UTF-8, cut at `maxResponseBytes`. */
  body: string;
}

export type PostOutcome = (EgressAnswer | Refusal | Failure) & { durationMs: number };

export interface EgressClient {
  /** Never rejects: what went wrong is the outcome. */
  post(url: string, request: EgressRequest): Promise<PostOutcome>;
  /** Cuts what is under way. Idempotent. */
  close(): Promise<void>;
}

export interface EgressClientOptions extends EgressPolicy {
  /** @defaultValue 10,000 */
  connectTimeoutMs?: number;
  /** Replaces the system's resolver; for tests. */
  resolve?: ResolveAddresses;
}

const DEFAULT_MAX_RESPONSE_BYTES = 20 * 1024;

/**
 * Outbound HTTP to addresses that callers give. Owns its connections, which it keeps open for a few seconds;
 * addresses are checked whenever one is made. Proxies from the environment are not used.
 */
export function createEgressClient(options: EgressClientOptions): EgressClient {
  const policy: EgressPolicy = options;
  const agent = new Agent({
    connect: createGuardedConnect({
      policy,
      resolve: options.resolve ?? resolveAddresses,
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    }),
  });

  async function send(url: URL, call: EgressRequest, signal: AbortSignal): Promise<EgressAnswer> {
    const { headers, body } = call;
    const answer = await request(url, { method: 'POST', headers, body, signal, dispatcher: agent });
    return {
      status: 'answered',
      httpStatus: answer.statusCode,
      headers: answer.headers,
      body: await readCappedBody(answer.body, call.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES),
    };
  }

  return {
    async post(url, call) {
      const startedAtMs = performance.now();
      const took = (): number => Math.round(performance.now() - startedAtMs);
      const verdict = checkUrl(url, policy);
      if (verdict.status === 'refused') return { ...verdict, durationMs: took() };
      const timeout = new AbortController();
      const timer = setTimeout(() => timeout.abort(), call.timeoutMs);
      try {
        return { ...(await send(verdict.url, call, timeout.signal)), durationMs: took() };
      } catch (error) {
        if (!timeout.signal.aborted) return { ...describeFailure(error), durationMs: took() };
        const message = `No complete answer within ${call.timeoutMs} ms.`;
        return { status: 'failed', reason: 'timeout', message, durationMs: took() };
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => agent.destroy(),
  };
}
