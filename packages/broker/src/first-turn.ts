import type { JobCodec } from './job-codec.ts';
import type { JobRecord, NewJob } from './job-record.ts';

/** A longer record is read by the worker: tickets stay small. */
const MAX_TEXT = 16_384;

/** What a ticket carries of a job that somebody waits for: its record's fields as they were stored. */
export interface FirstTurn {
  v: 1;
  fields: readonly string[];
}

/** Null for a job that nobody waits for, and for a long one. `fields` are those that the record was created with. */
export function toFirstTurn(
  { replyTo }: Pick<NewJob, 'replyTo'>,
  fields: readonly string[],
): FirstTurn | null {
  if (replyTo === undefined) return null;
  const length = fields.reduce((sum, field) => sum + field.length, 0);
  return length > MAX_TEXT ? null : { v: 1, fields };
}

/**
 * The record of a job in its first turn, before anything has happened to it, from its ticket's payload; null when
 * the payload says nothing. It may be out of date: the script that starts the attempt compares turn and state.
 */
export function fromFirstTurn(payload: unknown, codec: JobCodec): JobRecord | null {
  const { v, fields } = (payload ?? {}) as Partial<FirstTurn>;
  if (v !== 1 || !Array.isArray(fields)) return null;
  const hash: Record<string, string> = { ...UNTOUCHED };
  for (let at = 0; at + 1 < fields.length; at += 2) hash[fields[at] as string] = fields[at + 1] as string;
  return codec.decode(hash);
}

const UNTOUCHED: Readonly<Record<string, string>> = {
  status: 'queued',
  owner: 'backlog',
  turn: '1',
  ready_at: '0',
  n: '0',
  open: '0',
  target_index: '0',
  round: '1',
  round_first: '1',
};
