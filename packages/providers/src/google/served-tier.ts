/** The tier that an answer was billed at, by its header, as OpenAI names it; null when it does not say. */
export function servedTier(header: (name: string) => string | null): string | null {
  const tier = header('x-gemini-service-tier')?.toLowerCase() ?? null;
  return tier === 'standard' ? 'default' : tier;
}
