import { Agent, ProxyAgent, request } from 'undici';
import { isIP } from 'node:net';
import { AddressRefusedError } from './address-refused-error.ts';
import { checkAddress } from './check-address.ts';
import { checkUrl, type Refusal } from './check-url.ts';
import { createGuardedConnect } from './create-guarded-connect.ts';
import { describeFailure, type Failure } from './describe-failure.ts';
import type { EgressPolicy } from './egress-policy.ts';
import { discardBody } from './discard-body.ts';
import { readCappedBody } from './read-capped-body.ts';
import { readWholeBody } from './read-whole-body.ts';
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

export interface EgressGet {
  /** For all of it, as for a post. */
  timeoutMs: number;
  /** A longer answer is a failure (`too_large`); at most this much of it is held in memory. */
  maxBytes: number;
  /** @defaultValue any */
  accept?: string;
  /** Ends the call early, as a failure of reason `aborted`. */
  signal?: AbortSignal;
}

export interface EgressFile {
  status: 'answered';
  /** Any status, 3xx included: redirects are not followed. */
  httpStatus: number;
  /** Lower case, without parameters; null when the answer has none. */
  mediaType: string | null;
  /** Empty unless the status is 200. */
  body: Buffer;
}

export type GetOutcome = (EgressFile | Refusal | Failure) & { durationMs: number };

export interface EgressClient {
  /** Never rejects: what went wrong is the outcome. */
  post(url: string, request: EgressRequest): Promise<PostOutcome>;
  /** As a post: one request, guarded, whole or not at all. Never rejects. */
  get(url: string, request: EgressGet): Promise<GetOutcome>;
  /** Cuts what is under way. Idempotent. */
  close(): Promise<void>;
}

export interface EgressClientOptions extends EgressPolicy {
  /** @defaultValue 10,000 */
  connectTimeoutMs?: number;
  /**
   * An HTTP proxy that everything goes through. URLs and the addresses that names have here are still checked; where a
   * name leads in the end is the proxy's to decide, and to guard.
   */
  proxy?: string | undefined;
  /** Replaces the system's resolver; for tests. */
  resolve?: ResolveAddresses;
}

const DEFAULT_MAX_RESPONSE_BYTES = 20 * 1024;

/**
 * Outbound HTTP to addresses that callers give. Owns its connections, which it keeps open for a few seconds;
 * addresses are checked whenever one is made. Proxies that only the environment names are not used.
 */
export function createEgressClient(options: EgressClientOptions): EgressClient {
  const policy: EgressPolicy = options;
  const resolve = options.resolve ?? resolveAddresses;
  const connectTimeoutMs = options.connectTimeoutMs ?? 10_000;
  const agent = options.proxy
    ? new ProxyAgent({ uri: options.proxy, proxyTunnel: true, connectTimeout: connectTimeoutMs })
    : new Agent({ connect: createGuardedConnect({ policy, resolve, connectTimeoutMs }) });

  /** The proxy makes the connection: what can be known of the name beforehand is looked at here. */
  async function checkName({ hostname }: URL): Promise<void> {
    if (!options.proxy || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return;
    const addresses = await resolve(hostname).catch(() => []);
    for (const { address } of addresses) {
      const verdict = checkAddress(address, policy);
      if (verdict.status === 'ok') continue;
      throw new AddressRefusedError(
        `${hostname} resolves to ${address}, a ${verdict.kind} address, which may not be called.`,
      );
    }
  }

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

  async function fetchFile(url: URL, call: EgressGet, signal: AbortSignal): Promise<EgressFile | Failure> {
    const headers = { accept: call.accept ?? '*/*', 'accept-encoding': 'identity' };
    const answer = await request(url, { method: 'GET', headers, signal, dispatcher: agent });
    const type = String(answer.headers['content-type'] ?? '');
    const facts = {
      status: 'answered' as const,
      httpStatus: answer.statusCode,
      mediaType: type.split(';', 1)[0]?.trim().toLowerCase() || null,
    };
    if (answer.statusCode !== 200) {
      discardBody(answer.body);
      return { ...facts, body: Buffer.alloc(0) };
    }
    const body = await readWholeBody(answer, call.maxBytes);
    if (body) return { ...facts, body };
    return { status: 'failed', reason: 'too_large', message: `More than ${call.maxBytes} bytes.` };
  }

  /** One guarded call with its clock; `send` may throw whatever the HTTP client throws. */
  async function guarded<Answer>(
    url: string,
    { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal | undefined },
    send: (url: URL, signal: AbortSignal) => Promise<Answer>,
  ): Promise<(Answer | Refusal | Failure) & { durationMs: number }> {
    const startedAtMs = performance.now();
    const took = (): number => Math.round(performance.now() - startedAtMs);
    const verdict = checkUrl(url, policy);
    if (verdict.status === 'refused') return { ...verdict, durationMs: took() };
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeoutMs);
    const either = signal ? AbortSignal.any([timeout.signal, signal]) : timeout.signal;
    try {
      await checkName(verdict.url);
      return { ...(await send(verdict.url, either)), durationMs: took() };
    } catch (error) {
      if (!either.aborted) return { ...describeFailure(error), durationMs: took() };
      const failure: Failure = timeout.signal.aborted
        ? { status: 'failed', reason: 'timeout', message: `No complete answer within ${timeoutMs} ms.` }
        : { status: 'failed', reason: 'aborted', message: 'The call was ended by its caller.' };
      return { ...failure, durationMs: took() };
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    post: (url, call) =>
      guarded(url, { timeoutMs: call.timeoutMs }, (checked, signal) => send(checked, call, signal)),
    get: (url, call) => guarded(url, call, (checked, signal) => fetchFile(checked, call, signal)),
    close: () => agent.destroy(),
  };
}
