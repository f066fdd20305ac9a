import type { ChatCompletion, ChatDelta } from '@sluice/contracts';
import type { Vault } from '@sluice/vault';
import type { JobRecord, NewJob } from './job-record.ts';
import { decodeJob, encodeNewJob } from './stored-job.ts';

/**
 * How jobs are stored. What callers and models wrote (requests, results, pieces of streams) and the secrets of webhooks
 * are sealed by the vault; what the scripts decide by is not.
 */
export interface JobCodec {
  /** The hash fields that the `create` script is given; it adds the state itself. */
  encodeNew(job: NewJob): string[];
  /** A job from its hash; null when there is none. */
  decode(hash: Readonly<Record<string, string>>): JobRecord | null;
  encodeResult(jobId: string, result: ChatCompletion): string;
  /** What a piece of a stream adds to its event. */
  encodeDelta(jobId: string, delta: ChatDelta): object;
  /** An event as consumers read it, from its stored text. */
  openEvent(jobId: string, event: string): string;
}

export function createJobCodec(vault: Vault): JobCodec {
  const deltaPlace = (jobId: string): string => `${jobId}/delta`;
  return {
    encodeNew: (job) => encodeNewJob(job, vault),
    decode: (hash) => decodeJob(hash, vault),
    encodeResult: (jobId, result) => vault.seal(JSON.stringify(result), `${jobId}/result`),
    encodeDelta(jobId, { delta, ...rest }) {
      if (!vault.seals) return { ...rest, delta };
      return { ...rest, sealed: vault.seal(JSON.stringify(delta), deltaPlace(jobId)) };
    },
    openEvent(jobId, event) {
      if (!event.includes('"sealed":"')) return event;
      const { sealed, ...rest } = JSON.parse(event) as { sealed?: string };
      if (sealed === undefined) return event;
      return JSON.stringify({ ...rest, delta: JSON.parse(vault.open(sealed, deltaPlace(jobId))) as unknown });
    },
  };
}
