/** Where the events that a listener has not read yet are sealed for. */
export function listenerPlace(id: string): string {
  return `webhook_listener/${id}`;
}
