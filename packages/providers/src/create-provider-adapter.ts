import type { ProviderKind } from '@sluice/contracts';
import type { EgressPolicy } from '@sluice/egress';
import { ANTHROPIC_BASE_URL, createAnthropicAdapter } from './anthropic/adapter.ts';
import { createGoogleAdapter, GOOGLE_BASE_URL } from './google/adapter.ts';
import { createMediaSource } from './media/create-media-source.ts';
import { createOpenAiAdapter } from './openai/adapter.ts';
import { OPENAI_BASE_URL } from './openai/openai-base-url.ts';
import { OPENAI_PROFILE } from './openai/openai-profile.ts';
import { PRESETS } from './openai-compatible/presets.ts';
import type { ProviderAdapter } from './provider-adapter.ts';

export interface ProviderAdapterOptions {
  kind: ProviderKind;
  /** Servers that need none may go without; the others then answer `auth`. */
  apiKey?: string | null | undefined;
  /** What that vendor's SDK takes. Default: the vendor's own address. */
  baseUrl?: string | null | undefined;
  /**
   * Which addresses may be reached for files that a request names by URL and the vendor can't fetch itself; asked
   * before each. Default: public ones only.
   */
  fetchPolicy?: (() => EgressPolicy) | undefined;
}

export const PUBLIC_ONLY = (): EgressPolicy => ({ allowPrivateNetwork: false, allowCidrs: [] });

/**
 * The adapter of a provider's kind. Opens no connection before the first call; the caller closes it.
 * Throws when the kind has no address of its own and none is given.
 */
export function createProviderAdapter({
  kind,
  apiKey = null,
  baseUrl,
  fetchPolicy = PUBLIC_ONLY,
}: ProviderAdapterOptions): ProviderAdapter {
  switch (kind) {
    case 'openai':
      return createOpenAiAdapter({
        profile: OPENAI_PROFILE,
        apiKey,
        baseUrl: baseUrl ?? OPENAI_BASE_URL,
        media: createMediaSource(fetchPolicy),
      });
    case 'anthropic':
      return createAnthropicAdapter({ apiKey, baseUrl: baseUrl ?? ANTHROPIC_BASE_URL });
    case 'google':
      return createGoogleAdapter({
        apiKey,
        baseUrl: baseUrl ?? GOOGLE_BASE_URL,
        media: createMediaSource(fetchPolicy),
      });
    case 'openai-compatible':
    case 'openrouter':
    case 'deepseek':
    case 'mistral':
    case 'qwen':
    case 'xai':
    case 'vllm':
    case 'ollama': {
      const preset = PRESETS[kind];
      const address = baseUrl ?? preset.baseUrl;
      if (address === null) throw new Error(`A provider of kind "${kind}" needs a base_url.`);
      return createOpenAiAdapter({
        profile: preset.profile,
        apiKey,
        baseUrl: address,
        media: createMediaSource(fetchPolicy),
      });
    }
    default:
      throw new Error(`There is no provider kind "${String(kind satisfies never)}".`);
  }
}
