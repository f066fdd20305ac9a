import type { JobRecord, NewJob } from '@sluice/broker';
import { isTerminal, type ApiError, type JobEvent } from '@sluice/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiDeps } from '../api-deps.ts';
import type { EventStreams } from '../event-streams.ts';
import type { SynchronousCalls } from '../synchronous-calls.ts';
import { beginEventStream } from '../begin-event-stream.ts';
import { whileKeyHolds } from '../while-key-holds.ts';
import { createSseWriter, type SseWrite } from '../sse-writer.ts';
import { storeNewJob } from '../store-new-job.ts';
import { createJobFollower, type JobFollower } from './job-follower.ts';
import { jobHeaders } from './job-headers.ts';

/** How a job's events become the frames of a vendor's stream; each method answers text to write, '' for nothing. */
export interface StreamShape {
  ofEvent(event: JobEvent): string;
  ofEnd(job: JobRecord): string;
  /** The job or its events are gone. */
  ofGone(): string;
  /** The server closes before the job has ended, and cancels it. */
  ofCutOff(error: ApiError): string;
  /**
   * Answers a job that ended before anything was written with an HTTP error instead of a stream; true when it did.
   */
  refuse(job: JobRecord, reply: FastifyReply): boolean;
}

export type StreamDeps = ApiDeps & { streams: EventStreams; calls: SynchronousCalls };

/**
 * Stores a job and streams it. Nothing is sent before its first content, so that an early failure has a proper
 * status; after `pollMs` of silence the stream begins with a comment all the same, to keep the connection.
 */
export async function streamNewJob(
  newJob: NewJob,
  {
    request,
    reply,
    shape,
    cancelWhenGone,
  }: {
    request: FastifyRequest;
    reply: FastifyReply;
    shape: StreamShape;
    /** False for a job that goes on without its reader. */
    cancelWhenGone: boolean;
  },
  deps: StreamDeps,
): Promise<FastifyReply> {
  const { id } = newJob;
  const { jobs } = request.caller;
  const endCall = cancelWhenGone ? deps.calls.begin() : () => undefined;
  const leave = await deps.streams.open(request.caller).catch((error: unknown) => {
    endCall();
    throw error;
  });
  const control = new AbortController();
  // Whoever reads a job that goes on can read on elsewhere.
  const { cutOff } = deps.calls;
  const closing = cancelWhenGone ? cutOff : deps.streams.closing;
  const signal = AbortSignal.any([request.gone, closing, control.signal]);
  const follower = createJobFollower({ id, jobs, isNew: true, pollMs: deps.limits.pollMs, signal });
  let stopListening = deps.replies.listen(id, follower.onReply);
  let refusal: { error: unknown } | null = null;
  // Not waited for: content is as good an answer, and may come while Redis still writes to its disk.
  const submitted = storeNewJob(newJob, { ...deps, jobs })
    .then(async ({ replayed }) => {
      if (!replayed) return;
      // Its replies go to the process that stored it.
      stopListening();
      stopListening = await deps.wakeups.subscribe(id, () => follower.onReply({ kind: 'missed' }));
      follower.onReply({ kind: 'missed' });
    })
    .catch((error: unknown) => {
      refusal = { error };
      control.abort();
    });
  let ended = false;
  try {
    ended = await writeJob({ id, follower, request, reply, shape, signal }, deps);
    if (reply.sent && !ended)
      endStream(reply, cancelWhenGone && cutOff.aborted ? shape.ofCutOff(cutOff.reason as ApiError) : '');
  } finally {
    await submitted;
    control.abort();
    stopListening();
    leave();
    if (!ended && cancelWhenGone && newJob.idIsNew) {
      await jobs.cancel(id).catch((error: unknown) => {
        request.log.warn({ err: error, jobId: id }, 'a job without a reader was not cancelled');
      });
    }
    endCall();
  }
  const refused = refusal as { error: unknown } | null;
  if (refused && !reply.sent) throw refused.error;
  if (cutOff.aborted && !reply.sent && !ended) throw cutOff.reason;
  return reply;
}

/** Streams a job that exists. The caller has made sure that it does. */
export async function streamExistingJob(
  id: string,
  { request, reply, shape }: { request: FastifyRequest; reply: FastifyReply; shape: StreamShape },
  deps: StreamDeps,
): Promise<FastifyReply> {
  const { jobs } = request.caller;
  const leave = await deps.streams.open(request.caller);
  const control = new AbortController();
  const key = whileKeyHolds(request.caller);
  const signal = AbortSignal.any([request.gone, deps.streams.closing, key.signal, control.signal]);
  const follower = createJobFollower({ id, jobs, isNew: false, pollMs: deps.limits.pollMs, signal });
  let unsubscribe = (): void => undefined;
  try {
    unsubscribe = await deps.wakeups.subscribe(id, () => follower.onReply({ kind: 'missed' }));
    const ended = await writeJob({ id, follower, request, reply, shape, signal }, deps);
    if (reply.sent && !ended) endStream(reply, '');
  } finally {
    key.close();
    control.abort();
    unsubscribe();
    leave();
  }
  return reply;
}

/**
 * Ends a stream whose job has not ended: the reader has gone, or the server closes. Without its last frame it is known
 * to be cut off; a reader who keeps up is also told why.
 */
function endStream({ raw }: FastifyReply, lastWords: string): void {
  if (lastWords === '' || raw.destroyed || raw.writableLength > 0) raw.destroy();
  else raw.end(lastWords);
}

/** True when the job has ended and everything was written. */
async function writeJob(
  {
    id,
    follower,
    request,
    reply,
    shape,
    signal,
  }: {
    id: string;
    follower: JobFollower;
    request: FastifyRequest;
    reply: FastifyReply;
    shape: StreamShape;
    signal: AbortSignal;
  },
  { limits }: StreamDeps,
): Promise<boolean> {
  const { streamDrainTimeoutMs: drainTimeoutMs } = limits;
  let write: SseWrite | null = null;
  let target = '';
  const send = async (text: string): Promise<boolean> => {
    if (text === '') return true;
    if (!write) {
      open(request, reply, { 'x-sluice-job-id': id, ...(target ? { 'x-sluice-target': target } : {}) });
      write = createSseWriter({ response: reply.raw, signal, drainTimeoutMs });
    }
    return write(text);
  };
  try {
    for await (const followed of follower.follow()) {
      if (followed.kind === 'idle') {
        if (!(await send(': keep-alive\n\n'))) return false;
        continue;
      }
      if (followed.kind === 'gone') {
        await send(shape.ofGone());
        reply.raw.end();
        return true;
      }
      const { event } = followed;
      if (event.type === 'job.started') target = event.target;
      if (!isEnd(event)) {
        if (!(await send(shape.ofEvent(event)))) return false;
        continue;
      }
      const job = await request.caller.jobs.get(id);
      if (!job || !isTerminal(job.status)) throw new Error('an ended job has no ended record');
      if (!write && shape.refuse(job, reply)) return true;
      if (!write)
        for (const [name, value] of Object.entries(jobHeaders(job))) reply.raw.setHeader(name, value);
      await send(shape.ofEnd(job));
      reply.raw.end();
      return true;
    }
  } catch (error) {
    if (!reply.sent) throw error;
    request.log.error({ err: error, jobId: id }, 'stream failed');
  }
  return false;
}

function isEnd({ type }: JobEvent): boolean {
  return (
    type === 'job.completed' || type === 'job.failed' || type === 'job.cancelled' || type === 'job.expired'
  );
}

function open(request: FastifyRequest, reply: FastifyReply, headers: Record<string, string>): void {
  // A quiet stream carries comments; Node's idle timeout must not cut it in between.
  request.raw.socket.setTimeout(0);
  beginEventStream(reply, headers);
}
