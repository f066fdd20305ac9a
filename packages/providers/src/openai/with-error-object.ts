const MAX_BYTES = 64 * 1_024;

/**
 * Wraps a fetch so that refusals carry an `error` object, the only place where the openai SDK looks: Mistral, older
 * vLLM and servers built on FastAPI answer `{message}` or `{detail}` instead.
 */
export function withErrorObject(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (response.ok) return response;
    const text = await response.text();
    const headers = new Headers([...response.headers]);
    headers.delete('content-encoding');
    headers.delete('content-length');
    return new Response(withError(text.slice(0, MAX_BYTES)), { status: response.status, headers });
  };
}

function withError(text: string): string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return text;
  }
  if (typeof body !== 'object' || body === null || 'error' in body) return text;
  const { message, detail, type, code } = body as Record<string, unknown>;
  const said = message ?? detail;
  if (said === undefined) return text;
  return JSON.stringify({
    error: { message: typeof said === 'string' ? said : JSON.stringify(said), type, code },
  });
}
