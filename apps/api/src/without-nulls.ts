/** Of a message or an item; all others may be null only to say that they were left out. */
const KEPT = new Set(['content']);
const LISTS = ['messages', 'input', 'tools'] as const;

/**
 * A body in OpenAI's shape, or a job's with one under `request`, without the fields that are null, and its messages,
 * input items and tools without theirs: OpenAI takes null for "not set", and clients send it (`stop=None`, a message
 * that was written out whole). Deeper values are the caller's own and stay. What is no object stays as it is; nothing
 * is edited.
 */
export function withoutNulls(body: unknown): unknown {
  if (!isObject(body)) return body;
  const { request } = body;
  const lists = LISTS.flatMap((name) => {
    const list = body[name];
    if (!Array.isArray(list)) return [];
    return [[name, list.map((item: unknown) => (isObject(item) ? dropNulls(item, KEPT) : item))] as const];
  });
  return {
    ...dropNulls(body),
    ...(isObject(request) ? { request: withoutNulls(request) } : {}),
    ...Object.fromEntries(lists),
  };
}

function dropNulls(fields: Record<string, unknown>, kept?: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => value !== null || kept?.has(name)),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
