import type { ProviderKind } from '@sluice/contracts';
import { anthropicWire } from './anthropic-wire.ts';
import { googleWire } from './google-wire.ts';
import { openAiWire } from './openai-wire.ts';
import type { VendorWire } from './vendor-wire.ts';

export interface ConformanceVendor {
  kind: ProviderKind;
  wire: VendorWire;
  /** The token-limit field of its format, for servers of OpenAI's. */
  limitField?: 'max_tokens' | 'max_completion_tokens';
}

/** Every adapter that the conformance suite runs against: a new vendor is one line. */
export const CONFORMANCE_VENDORS: readonly ConformanceVendor[] = [
  { kind: 'openai', wire: openAiWire, limitField: 'max_completion_tokens' },
  { kind: 'anthropic', wire: anthropicWire },
  { kind: 'google', wire: googleWire },
  { kind: 'openai-compatible', wire: openAiWire, limitField: 'max_tokens' },
  { kind: 'openrouter', wire: openAiWire, limitField: 'max_tokens' },
  { kind: 'deepseek', wire: openAiWire, limitField: 'max_tokens' },
  { kind: 'mistral', wire: openAiWire, limitField: 'max_tokens' },
  { kind: 'qwen', wire: openAiWire, limitField: 'max_tokens' },
  { kind: 'xai', wire: openAiWire, limitField: 'max_completion_tokens' },
  { kind: 'vllm', wire: openAiWire, limitField: 'max_tokens' },
  { kind: 'ollama', wire: openAiWire, limitField: 'max_tokens' },
];
