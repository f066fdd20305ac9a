const MAX_CAUSES = 8;

/** An error and what caused it, the outermost first. */
export function causeChain(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let at = error; at !== undefined && at !== null && chain.length < MAX_CAUSES;) {
    chain.push(at);
    // Several addresses of one host: each attempt's error is in `errors`.
    at =
      at instanceof AggregateError && at.cause === undefined
        ? at.errors[0]
        : (at as { cause?: unknown }).cause;
  }
  return chain;
}
