import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LimiterJudge {
  url: string;
  /** Calls that came when the provider's bucket held less than one request. */
  overshoots(): number;
  mostInFlight(): number;
  /** Times of arrival in milliseconds. */
  arrivals(): readonly number[];
  close(): Promise<void>;
}

/**
 * A provider over HTTP that judges strictly: its bucket starts full, refills all the time, and each call takes one.
 * A call is answered after `answerMs`, with status 200 while more are wanted and 410 after `enough` calls.
 */
export async function startLimiterJudge(options: {
  perMinute: number;
  burst: number;
  enough: number;
  answerMs: number;
}): Promise<LimiterJudge> {
  const ratePerMs = options.perMinute / 60_000;
  let level = options.burst;
  let lookedAtMs = performance.now();
  let overshoots = 0;
  let inFlight = 0;
  let mostInFlight = 0;
  const arrivals: number[] = [];

  const server = createServer((_request, response) => {
    const nowMs = performance.now();
    level = Math.min(options.burst, level + (nowMs - lookedAtMs) * ratePerMs);
    lookedAtMs = nowMs;
    if (level < 1) overshoots += 1;
    else level -= 1;
    arrivals.push(nowMs);
    inFlight += 1;
    mostInFlight = Math.max(mostInFlight, inFlight);
    response.statusCode = arrivals.length >= options.enough ? 410 : 200;
    setTimeout(() => {
      inFlight -= 1;
      response.end();
    }, options.answerMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    overshoots: () => overshoots,
    mostInFlight: () => mostInFlight,
    arrivals: () => arrivals,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
