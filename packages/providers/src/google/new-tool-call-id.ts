import { randomUUID } from 'node:crypto';

/** An id for a call that came without one; 37 characters, as OpenAI takes at most 40. */
export function newToolCallId(): string {
  return `call_${randomUUID().replaceAll('-', '')}`;
}
