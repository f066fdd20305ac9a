import { createHash } from 'node:crypto';

export interface ToolCallIds {
  /** The id to send for a call of the conversation; every call gets its own. */
  ofCall(id: string): string;
  /** The id to send for a result: that of the newest call with this id. */
  ofResult(id: string): string;
}

/**
 * Ids of tool calls for one request. They were made by any vendor, and the one that gets them now may be stricter:
 * an id that does not fit, or that an earlier call of the conversation has already, is replaced by one that is made
 * from it and is the same at every try.
 */
export function toolCallIds({
  fits,
  make,
}: {
  fits: (id: string) => boolean;
  /** An id that fits, from 64 hexadecimal digits. */
  make: (digest: string) => string;
}): ToolCallIds {
  const newest = new Map<string, string>();
  const taken = new Set<string>();
  const replacement = (id: string, nth: number): string =>
    make(createHash('sha256').update(`${nth}:${id}`).digest('hex'));

  return {
    ofCall(id) {
      let sent = fits(id) ? id : replacement(id, 0);
      for (let nth = 1; taken.has(sent); nth += 1) sent = replacement(id, nth);
      taken.add(sent);
      newest.set(id, sent);
      return sent;
    },
    ofResult: (id) => newest.get(id) ?? (fits(id) ? id : replacement(id, 0)),
  };
}
