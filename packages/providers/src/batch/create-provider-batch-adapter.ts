import { ANTHROPIC_BASE_URL } from '../anthropic/adapter.ts';
import { createAnthropicBatchAdapter } from '../anthropic/batch-adapter.ts';
import { GOOGLE_BASE_URL } from '../google/adapter.ts';
import { createGoogleBatchAdapter } from '../google/batch-adapter.ts';
import { createMediaSource } from '../media/create-media-source.ts';
import { PUBLIC_ONLY, type ProviderAdapterOptions } from '../create-provider-adapter.ts';
import { createOpenAiBatchAdapter } from '../openai/batch-adapter.ts';
import { OPENAI_BASE_URL } from '../openai/openai-base-url.ts';
import { OPENAI_PROFILE } from '../openai/openai-profile.ts';
import { BATCH_TIMEOUTS, type BatchTimeouts } from './batch-timeouts.ts';
import type { ProviderBatchAdapter } from './provider-batch-adapter.ts';

export interface ProviderBatchAdapterOptions extends ProviderAdapterOptions {
  /** Default: 10 s to connect, 60 s a call, 30 min for lines and results, 60 s of silence. */
  timeouts?: Partial<BatchTimeouts> | undefined;
}

/** The Batch API of a provider's kind; null for a kind that has none. The caller closes it. */
export function createProviderBatchAdapter({
  kind,
  apiKey = null,
  baseUrl,
  fetchPolicy = PUBLIC_ONLY,
  timeouts,
}: ProviderBatchAdapterOptions): ProviderBatchAdapter | null {
  const common = { apiKey, timeouts: { ...BATCH_TIMEOUTS, ...timeouts } };
  switch (kind) {
    case 'openai':
      return createOpenAiBatchAdapter({
        ...common,
        profile: OPENAI_PROFILE,
        baseUrl: baseUrl ?? OPENAI_BASE_URL,
        media: createMediaSource(fetchPolicy),
      });
    case 'anthropic':
      return createAnthropicBatchAdapter({ ...common, baseUrl: baseUrl ?? ANTHROPIC_BASE_URL });
    case 'google':
      return createGoogleBatchAdapter({
        ...common,
        baseUrl: baseUrl ?? GOOGLE_BASE_URL,
        media: createMediaSource(fetchPolicy),
      });
    default:
      return null;
  }
}
