import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createApiClient } from './api-client.ts';
import { watchEvents } from './watch-events.ts';

const AT = '2026-01-01T00:00:00.000Z';

function eventFrame(seq: number, last: number): string {
  const type = seq === last ? 'job.completed' : 'job.queued';
  return `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify({ type, seq, job_id: 'job_1', at: AT })}\n\n`;
}

async function withServer(
  answer: (lastEventId: number, response: ServerResponse) => void,
  use: (baseUrl: string) => Promise<void>,
): Promise<void> {
  const server = createServer((request, response) =>
    answer(Number(request.headers['last-event-id'] ?? 0), response),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

test('a stream that breaks after every third event is read whole, none twice', async () => {
  const last = 10;
  await withServer(
    (after, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      // Starts one event early, as a server may that rounds its cursor down.
      for (let seq = Math.max(1, after); seq <= Math.min(after + 3, last); seq += 1) {
        response.write(eventFrame(seq, last));
      }
      if (after + 3 >= last) response.end();
      else setImmediate(() => response.destroy());
    },
    async (baseUrl) => {
      const seen: number[] = [];
      const client = createApiClient({ baseUrl, key: 'k' });
      for await (const event of watchEvents({ client, jobId: 'job_1' })) seen.push(event.seq);
      expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    },
  );
});

test('a refusal is not tried again', async () => {
  let requests = 0;
  await withServer(
    (_after, response) => {
      requests += 1;
      const error = {
        message: 'No such job.',
        type: 't',
        code: 'not_found',
        param: null,
        request_id: 'req_1',
        doc_url: 'd',
      };
      response.writeHead(404).end(JSON.stringify({ error }));
    },
    async (baseUrl) => {
      const client = createApiClient({ baseUrl, key: 'k' });
      await expect(watchEvents({ client, jobId: 'job_x' }).next()).rejects.toThrow(
        /No such job.*not_found.*req_1/,
      );
      expect(requests).toBe(1);
    },
  );
});

test('a connection that falls silent is given up and opened again', async () => {
  let requests = 0;
  await withServer(
    (_after, response) => {
      requests += 1;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (requests === 1) response.write(eventFrame(1, 2));
      else response.end(eventFrame(2, 2));
    },
    async (baseUrl) => {
      const seen: number[] = [];
      const client = createApiClient({ baseUrl, key: 'k' });
      const events = watchEvents({ client, jobId: 'job_1', silenceMs: 50 });
      for await (const event of events) seen.push(event.seq);
      expect(seen).toEqual([1, 2]);
    },
  );
});
