import type { FastifyReply } from 'fastify';
import type { OutgoingHttpHeaders } from 'node:http';

/**
 * Sends the head of an event stream, with all that hooks have set on the reply, and takes the connection over: from here
 * on errors can't be answered any more.
 */
export function beginEventStream(reply: FastifyReply, headers: Readonly<Record<string, string>> = {}): void {
  const head = { ...(reply.getHeaders() as OutgoingHttpHeaders), ...headers };
  reply.hijack();
  reply.raw.writeHead(200, {
    ...head,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  reply.raw.flushHeaders();
}
