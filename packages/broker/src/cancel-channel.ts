import type { Redis } from 'ioredis';
import type { Keys } from './keys.ts';
import type { RedisClient } from './script.ts';

/** Tells workers that a job was cancelled; a wake-up only, the record is the truth. */
export async function publishCancel(redis: RedisClient, keys: Keys, jobId: string): Promise<void> {
  await redis.publish(keys.control, JSON.stringify({ type: 'cancel', job_id: jobId }));
}

/** Calls `onCancel` for every cancelled job. The subscriber connection is taken over; the returned function closes it. */
export async function listenForCancels(
  subscriber: Redis,
  { keys, onCancel }: { keys: Keys; onCancel: (jobId: string) => void },
): Promise<() => void> {
  subscriber.on('message', (_channel: string, text: string) => {
    const message = JSON.parse(text) as { type?: string; job_id?: string };
    if (message.type === 'cancel' && message.job_id) onCancel(message.job_id);
  });
  await subscriber.subscribe(keys.control);
  return () => subscriber.disconnect();
}
