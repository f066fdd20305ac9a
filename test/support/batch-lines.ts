/** Input of a batch in OpenAI's form: one line for each body, `custom_id` from 1. */
export function batchLines(
  bodies: readonly object[],
  { url = '/v1/chat/completions', prefix = 'line-' }: { url?: string; prefix?: string } = {},
): string {
  return bodies
    .map((body, at) => `${JSON.stringify({ custom_id: `${prefix}${at + 1}`, method: 'POST', url, body })}\n`)
    .join('');
}

export function chatBody(text: string, model = 'default'): object {
  return { model, messages: [{ role: 'user', content: text }], max_tokens: 20 };
}

/** The objects of a file of JSON lines. */
export function parseLines<Line>(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}
