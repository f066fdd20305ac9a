import type { ProviderKind } from '@sluice/contracts';

/** Wire formats that the simulator speaks. */
export type SimulatedVendor = 'openai' | 'anthropic' | 'google' | 'openai-compatible';

/** The wire format of a provider kind: every preset of an OpenAI-compatible server speaks that one. */
export function simulatedVendor(kind: ProviderKind): SimulatedVendor {
  return kind === 'openai' || kind === 'anthropic' || kind === 'google' ? kind : 'openai-compatible';
}
