/** BullMQ's id of a delivery's turn. An id is never used twice: BullMQ silently ignores one that it still holds. */
export function ticketId(eventId: string, turn: number): string {
  return `${eventId}.${turn}`;
}

/** Null for anything that {@link ticketId} did not make. */
export function parseTicketId(text: string): { eventId: string; turn: number } | null {
  const match = /^(evt_[^.]+)\.(\d+)$/.exec(text);
  return match?.[1] ? { eventId: match[1], turn: Number(match[2]) } : null;
}
