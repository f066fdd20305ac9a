import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { SimulatorControl } from './simulator-control.ts';

const TIMEOUT_MS = 10_000;
/** Most that one answer holds. */
const MAX_CALLS = 50_000;

/** `SimulatorControl` over HTTP: the same methods, all of them promises. */
export type SimulatorClient = {
  [Method in keyof SimulatorControl]: (
    ...parameters: Parameters<SimulatorControl[Method]>
  ) => Promise<Awaited<ReturnType<SimulatorControl[Method]>>>;
};

async function send(url: string, method: 'GET' | 'PUT' | 'POST', body?: unknown): Promise<unknown> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers = payload === undefined ? {} : { 'content-type': 'application/json' };
  // No agent: a client that is dropped keeps no connection open.
  const call = request(url, { method, headers, agent: false, timeout: TIMEOUT_MS });
  call.on('timeout', () => call.destroy(new Error(`${method} ${url} took longer than ${TIMEOUT_MS} ms`)));
  const answered = once(call, 'response');
  call.end(payload);
  const [response] = (await answered) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  if (response.statusCode !== 200)
    throw new Error(`${method} ${url} answered ${response.statusCode}: ${text}`);
  return JSON.parse(text);
}

/** Controls a simulator in another process. Holds nothing open. */
export function createSimulatorClient(baseUrl: string): SimulatorClient {
  const base = baseUrl.replace(/\/+$/, '');

  async function get<T>(path: string, query: Record<string, string | number | undefined> = {}): Promise<T> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) search.set(name, String(value));
    }
    return (await send(`${base}/_control/${path}?${search.toString()}`, 'GET')) as T;
  }
  async function put(path: string, body: unknown): Promise<void> {
    await send(`${base}/_control/${path}`, 'PUT', body);
  }

  return {
    summary: () => get('summary'),
    calls: async (filter) =>
      (
        await get<{ calls: Awaited<ReturnType<SimulatorClient['calls']>> }>('calls', {
          limit: MAX_CALLS,
          ...filter,
        })
      ).calls,
    overshoots: async (filter) =>
      (
        await get<{ overshoots: Awaited<ReturnType<SimulatorClient['overshoots']>> }>('overshoots', {
          ...filter,
        })
      ).overshoots,
    bill: async () => (await get<{ lines: Awaited<ReturnType<SimulatorClient['bill']>> }>('bill')).lines,
    limits: async () =>
      (await get<{ limits: Awaited<ReturnType<SimulatorClient['limits']>> }>('limits')).limits,
    setLimits: (change) => put('limits', change),
    latency: () => get('latency'),
    setLatency: (change) => put('latency', change),
    batchBehaviour: () => get('batch_behaviour'),
    setBatchBehaviour: (change) => put('batch_behaviour', change),
    batches: async (filter) =>
      (await get<{ batches: Awaited<ReturnType<SimulatorClient['batches']>> }>('batches', { ...filter }))
        .batches,
    batchLines: async (batch) =>
      (await get<{ lines: Awaited<ReturnType<SimulatorClient['batchLines']>> }>('batch_lines', { ...batch }))
        .lines,
    faults: async () =>
      (await get<{ faults: Awaited<ReturnType<SimulatorClient['faults']>> }>('faults')).faults,
    setFaults: (rules) => put('faults', rules),
    reset: async () => {
      await send(`${base}/_control/reset`, 'POST');
    },
  };
}
