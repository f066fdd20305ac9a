/** Stored event JSON as a server-sent event. The JSON has no line breaks, so it is one `data:` line as it is. */
export function toSseFrame(event: string): { seq: number; text: string } {
  const { seq, type } = JSON.parse(event) as { seq: number; type: string };
  return { seq, text: `id: ${seq}\nevent: ${type}\ndata: ${event}\n\n` };
}
