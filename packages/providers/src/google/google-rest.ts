import { z } from 'zod';
import type { CallMonitor } from '../call/call-monitor.ts';
import type { HttpPool } from '../transport/http-pool.ts';
import { GoogleHttpError } from './google-transport.ts';

const MAX_ERROR_BYTES = 64 * 1024;

const errorSchema = z.object({
  error: z.object({ message: z.string().catch(''), details: z.array(z.unknown()).catch([]) }),
});

export interface GoogleRestCall {
  method: 'GET' | 'POST' | 'DELETE';
  /** From the host on. */
  path: string;
  headers?: Record<string, string>;
  body?: string | ReadableStream<Uint8Array>;
  monitor: CallMonitor;
}

/** Routes of the Gemini API that `@google/generative-ai` does not know. Throws `GoogleHttpError` for a refusal. */
export interface GoogleRest {
  send(call: GoogleRestCall): Promise<Response>;
  /** The answer as JSON; throws a `SyntaxError` when it is none. */
  json(call: GoogleRestCall): Promise<unknown>;
}

/** Uses the pool, which stays its maker's. */
export function createGoogleRest({
  pool,
  apiKey,
  baseUrl,
}: {
  pool: HttpPool;
  apiKey: string;
  baseUrl: string;
}): GoogleRest {
  const base = baseUrl.replace(/\/+$/, '');

  async function send({ method, path, headers, body, monitor }: GoogleRestCall): Promise<Response> {
    const response = await pool.fetch(`${base}${path}`, {
      method,
      headers: { 'x-goog-api-key': apiKey, ...headers },
      signal: monitor.signal,
      ...(body === undefined ? {} : { body, duplex: 'half' }),
      ...pool.fetchOptions(monitor),
    });
    monitor.sawHeaders();
    if (response.ok) return response;
    const text = (await response.text()).slice(0, MAX_ERROR_BYTES);
    const { message, details } = errorSchema.safeParse(parsed(text)).data?.error ?? {
      message: '',
      details: [],
    };
    throw new GoogleHttpError(message || response.statusText, {
      status: response.status,
      details,
      header: (name) => response.headers.get(name),
    });
  }

  return {
    send,
    async json(call) {
      return JSON.parse(await (await send(call)).text()) as unknown;
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
