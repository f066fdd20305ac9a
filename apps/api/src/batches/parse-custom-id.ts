/** The `custom_id` of a line of a batch's input; null when it has none. */
export function parseCustomId(text: string): string | null {
  try {
    const { custom_id: id } = JSON.parse(text) as { custom_id?: unknown };
    return typeof id === 'string' ? id : null;
  } catch {
    return null;
  }
}
