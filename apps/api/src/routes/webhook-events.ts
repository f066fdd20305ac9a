import { ENDPOINT_EVENT_TYPES } from '@sluice/contracts';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { beginEventStream } from '../begin-event-stream.ts';
import { errorResponses } from '../error-responses.ts';
import type { EventStreams } from '../event-streams.ts';
import { holdEventStream } from '../hold-event-stream.ts';
import { createSseWriter } from '../sse-writer.ts';

const querySchema = z.strictObject({
  events: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(ENDPOINT_EVENT_TYPES as unknown as [string, ...string[]])).min(1))
    .optional()
    .meta({ description: 'Types, separated by commas; default: all.' }),
});

/**
 * `GET /v1/webhook_events`: the tenant's events as its endpoints would get them, over the caller's own connection, for
 * development behind a firewall (`sluice listen`). Nothing is kept for a stream that is not open.
 */
export function addWebhookEventsRoute(app: ApiServer, deps: ApiDeps & { streams: EventStreams }): void {
  app.route({
    method: 'GET',
    url: '/webhook_events',
    exposeHeadRoute: false,
    schema: {
      operationId: 'streamWebhookEvents',
      summary: "Stream the tenant's events as webhooks would carry them",
      description:
        'Server-sent events from now on: first `listening`, then for each event `id` is its id, `event` its type and ' +
        '`data` the body of the webhook. What happens while no stream is open is not kept.',
      tags: ['webhooks'],
      querystring: querySchema,
      response: {
        200: { description: 'The events.', content: { 'text/event-stream': { schema: z.string() } } },
        ...errorResponses('invalid_request', 'not_allowed', 'too_many_streams'),
      },
    },
    handler: async (request, reply) => {
      const endpoints = request.caller.webhooks.endpoints;
      return holdEventStream({ request, reply }, deps, async ({ signal, waiter, wakeAt }) => {
        const events = request.query.events ?? [...ENDPOINT_EVENT_TYPES];
        const { id } = await endpoints.openListener({ events });
        try {
          await wakeAt(id);
          beginEventStream(reply);
          const { streamDrainTimeoutMs: drainTimeoutMs, pollMs } = deps.limits;
          const write = createSseWriter({ response: reply.raw, signal, drainTimeoutMs });
          let open = await write(`event: listening\ndata: ${JSON.stringify({ listener: id })}\n\n`);
          while (open && !signal.aborted) {
            waiter.reset();
            const unread = await endpoints.readListener(id);
            if (unread === false) break;
            for (const text of unread) open &&= await write(toFrame(text));
            if (open && unread.length === 0 && !(await waiter.wait(pollMs)))
              open = await write(': keep-alive\n\n');
          }
        } finally {
          await endpoints.closeListener(id).catch(() => undefined);
        }
      });
    },
  });
}

/** The body goes through untouched: it is what a signature is made of. */
function toFrame(text: string): string {
  const { id, body } = JSON.parse(text) as { id: string; body: string };
  const { type } = JSON.parse(body) as { type: string };
  return `id: ${id}\nevent: ${type}\ndata: ${body}\n\n`;
}
