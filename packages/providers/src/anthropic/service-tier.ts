/** The tier that the answer names, in OpenAI's words; Anthropic's `standard` is OpenAI's `default`. */
export function serviceTier(tier: string | null | undefined): { service_tier?: string } {
  if (!tier) return {};
  return { service_tier: tier === 'standard' ? 'default' : tier };
}
