/**
 * What a LiteLLM proxy says that the call cost, in US dollars. It answers 0 for models without a price, so 0 says
 * nothing. Source: LiteLLM docs, "Response Headers".
 */
export function costHeader(header: (name: string) => string | null): number | null {
  const cost = Number(header('x-litellm-response-cost') ?? '');
  return Number.isFinite(cost) && cost > 0 ? cost : null;
}
