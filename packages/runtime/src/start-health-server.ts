import Fastify from 'fastify';

/** Null: all is well; a text: what is wrong. Rejecting counts as wrong. */
export type HealthCheck = () => Promise<string | null> | string | null;

export interface HealthServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * `/livez`, `/readyz` and `/metrics` of a process that has no HTTP API of its own (worker, dispatcher).
 * 200 when the check finds nothing wrong, else 503 with the reason. Owned by the caller.
 */
export async function startHealthServer({
  port,
  host = '127.0.0.1',
  livez,
  readyz,
  metrics,
}: {
  /** 0 lets the system choose. */
  port: number;
  host?: string;
  livez: HealthCheck;
  readyz: HealthCheck;
  metrics: { contentType: string; text(): Promise<string> };
}): Promise<HealthServer> {
  const server = Fastify({
    logger: false,
    requestTimeout: 5_000,
    handlerTimeout: 5_000,
    connectionTimeout: 10_000,
  });
  for (const [path, check] of [
    ['/livez', livez],
    ['/readyz', readyz],
  ] as const) {
    server.get(path, async (_request, reply) => {
      const reason = await Promise.resolve()
        .then(check)
        .catch((error: Error) => error.message);
      return reason === null ? { status: 'ok' } : reply.code(503).send({ status: 'unavailable', reason });
    });
  }
  server.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
  const url = await server.listen({ port, host });
  return { url, close: () => server.close() };
}
