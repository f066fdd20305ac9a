import type { ProviderKind } from '@sluice/contracts';
import { OPENAI_PROFILE, type OpenAiProfile } from '../openai/openai-profile.ts';

export type CompatibleKind = Exclude<ProviderKind, 'openai' | 'anthropic' | 'google'>;

export interface Preset {
  profile: OpenAiProfile;
  /** Null where the server has no usual address: the configuration must give one. */
  baseUrl: string | null;
}

/** What servers of the format commonly take: the older `max_tokens`, string contents, the system role. */
function compatible(kind: CompatibleKind, differences: Partial<OpenAiProfile> = {}): OpenAiProfile {
  return {
    ...OPENAI_PROFILE,
    kind,
    optionNames: ['openai-compatible', kind],
    tokenLimitField: 'max_tokens',
    clampTokenLimit: false,
    maxStops: null,
    plainMessages: true,
    ...differences,
  };
}

/** Servers of OpenAI's chat-completions format: their usual address and how they differ. */
export const PRESETS: Readonly<Record<CompatibleKind, Preset>> = {
  'openai-compatible': { baseUrl: null, profile: compatible('openai-compatible') },
  // openrouter.ai/docs/api-reference: max_tokens, seed, user.
  openrouter: { baseUrl: 'https://openrouter.ai/api/v1', profile: compatible('openrouter') },
  // api-docs.deepseek.com, "Create Chat Completion": no seed and no user, at most 16 stop sequences.
  deepseek: {
    baseUrl: 'https://api.deepseek.com/v1',
    profile: compatible('deepseek', { maxStops: 16, seedField: null, unsupported: new Set(['user']) }),
  },
  // docs.mistral.ai/api: random_seed, temperature up to 1.5; refuses fields that it does not know, reports a
  // stream's usage unasked.
  mistral: {
    baseUrl: 'https://api.mistral.ai/v1',
    profile: compatible('mistral', {
      maxTemperature: 1.5,
      seedField: 'random_seed',
      unsupported: new Set(['user']),
      sendStreamOptions: false,
    }),
  },
  // Model Studio (DashScope), "OpenAI compatible - Chat": presence_penalty, but no frequency_penalty and no user.
  qwen: {
    baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    profile: compatible('qwen', { unsupported: new Set(['user', 'frequency_penalty']) }),
  },
  // docs.x.ai, "Chat completions": max_tokens is deprecated.
  xai: {
    baseUrl: 'https://api.x.ai/v1',
    profile: compatible('xai', { tokenLimitField: 'max_completion_tokens' }),
  },
  vllm: { baseUrl: 'http://127.0.0.1:8000/v1', profile: compatible('vllm') },
  // docs.ollama.com, "OpenAI compatibility": no user.
  ollama: {
    baseUrl: 'http://127.0.0.1:11434/v1',
    profile: compatible('ollama', { unsupported: new Set(['user']) }),
  },
};
