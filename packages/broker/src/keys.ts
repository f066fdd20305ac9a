import { createHash } from 'node:crypto';
import type { Tier } from '@sluice/contracts';

const OPEN_SHARDS = 16;

/** What a key has a number of places for. */
export type KeyPlace = 'streams' | 'running';

/**
 * Every Redis key of the broker. Three kinds of hash tag, never two in one script: `{job id}`, `{provider}`,
 * and one for each BullMQ queue. Keys without a tag are only used one at a time.
 */
export function createKeys(prefix: string) {
  return {
    prefix,
    job: (id: string) => `${prefix}:job:{${id}}`,
    /** List of event JSON and, under the same name, the pub/sub channel: part of the public contract. */
    events: (id: string) => `${prefix}:events:{${id}}`,
    outbox: (id: string) => `${prefix}:outbox:{${id}}`,
    /** Hash of the body of a job that is gone, while its Idempotency-Key still holds. */
    tombstone: (id: string) => `${prefix}:gone:{${id}}`,
    /** A batch: its record, one bit for each line that has ended, one for each that ended without an answer. */
    batch: (id: string) => `${prefix}:batch:{${id}}`,
    batchEnded: (id: string) => `${prefix}:batch-ended:{${id}}`,
    batchUnanswered: (id: string) => `${prefix}:batch-unanswered:{${id}}`,
    /** Hash line number -> why no job was made of it. */
    batchRefused: (id: string) => `${prefix}:batch-refused:{${id}}`,
    /** Batches of a tenant by creation time; those that came in Anthropic's form have a list of their own. */
    batchIndex: (tenant: string, list: string) => `${prefix}:batches:{${tenant}}:${list}`,
    /** Batches that have not ended, by the time at which somebody looks at them next. */
    activeBatches: `${prefix}:batches:active`,
    /** Which batch a body made that was sent a moment ago. */
    recentBatch: (digest: string) => `${prefix}:batch-sent:${digest}`,
    file: (id: string) => `${prefix}:file:{${id}}`,
    fileIndex: (tenant: string) => `${prefix}:files:{${tenant}}`,
    /** Files by the time at which they are removed. */
    fileExpiry: `${prefix}:files:expiry`,
    /** Stem of all backlog keys of a provider; the scripts append to it. */
    backlog: (provider: string) => `${prefix}:backlog:{${provider}}`,
    /** Stem of what is known of the health of a provider's models. */
    health: (provider: string) => `${prefix}:health:{${provider}}`,
    /** Stem of all keys of a provider's batch lane; the scripts append to it. */
    lane: (provider: string) => `${prefix}:lane:{${provider}}`,
    /** Names of the providers that ever had a backlog. */
    providers: `${prefix}:providers`,
    /** Names of the tenants that ever had a job. */
    tenants: `${prefix}:tenants`,
    /** Limits that administrators set: hash `<provider>/<limit>` -> JSON. */
    limitOverrides: `${prefix}:limit-overrides`,
    /** Sorted sets of the jobs that have not ended, or whose outbox is not flushed, by time of the last check. */
    open: (id: string) =>
      `${prefix}:open:${createHash('sha1').update(id).digest().readUInt8(0) % OPEN_SHARDS}`,
    openShards: Array.from({ length: OPEN_SHARDS }, (_, shard) => `${prefix}:open:${shard}`),
    /** Jobs of a tenant by creation time: `open` for those that have not ended, else the terminal status. */
    index: (tenant: string, status: string) => `${prefix}:jobs:{${tenant}}:${status}`,
    /** What an API key has taken of its limits. */
    quota: (keyId: string, part: 'requests' | 'meters' | 'jobs' | 'open' | KeyPlace) =>
      `${prefix}:quota:{${keyId}}:${part}`,
    /** Name of the key that has served a long prompt lately. */
    warmPrompt: ({
      provider,
      model,
      prefix: beginning,
    }: {
      provider: string;
      model: string;
      prefix: string;
    }) => `${prefix}:warm:{${provider}}:${model}:${beginning}`,
    /** The target that has served a prompt of such a beginning lately. */
    warmTarget: (beginning: string) => `${prefix}:warm-target:{${beginning}}`,
    /** Provider keys that are not used: hash name -> JSON. */
    retiredKeys: (provider: string) => `${prefix}:retired-keys:{${provider}}`,
    /** One budget: what was spent and set aside, and for which jobs. */
    budget: (id: string, part: 'meter' | 'jobs') => `${prefix}:budget:{${id}}:${part}`,
    control: `${prefix}:control`,
    /** Pub/sub channel of one API process: what becomes of the jobs that it waits for. */
    reply: (processId: string) => `${prefix}:reply:${processId}`,
    /** One BullMQ queue for each provider and tier; the prefix carries its hash tag. */
    queueName: (provider: string, tier: Tier) => `${provider}.${tier}`,
    queuePrefix: (provider: string, tier: Tier) => `${prefix}:{${provider}.${tier}}`,
  };
}

export type Keys = ReturnType<typeof createKeys>;
