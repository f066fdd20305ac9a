import type { ChatRequest, ProviderKind } from '@sluice/contracts';
import { OPENAI_PROFILE, type OpenAiProfile } from '../openai/openai-profile.ts';

export type CompatibleKind = Exclude<ProviderKind, 'openai' | 'anthropic' | 'google'>;

export interface Preset {
  profile: OpenAiProfile;
  /** Null where the server has no usual address: the configuration must give one. */
  baseUrl: string | null;
}

type Parameters = readonly (keyof ChatRequest)[];

/** Parameters of OpenAI's own platform, which servers of its format refuse or ignore. */
const OPENAI_ONLY = [
  'service_tier',
  'verbosity',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
] as const;
const LOGPROBS = ['logprobs', 'top_logprobs'] as const;

/** What servers of the format commonly take: the older `max_tokens`, string contents, the system role. */
function compatible(
  kind: CompatibleKind,
  {
    lacks = [],
    takes = [],
    ...differences
  }: Partial<Omit<OpenAiProfile, 'unsupported'>> & Partial<Record<'lacks' | 'takes', Parameters>> = {},
): OpenAiProfile {
  return {
    ...OPENAI_PROFILE,
    kind,
    optionNames: ['openai-compatible', kind],
    tokenLimitField: 'max_tokens',
    clampTokenLimit: false,
    maxStops: null,
    unsupported: new Set([...OPENAI_ONLY.filter((param) => !takes.includes(param)), ...lacks]),
    plainMessages: true,
    toolChoice: 'no_allowed_tools',
    wantsWordJson: false,
    ...differences,
  };
}

/** Servers of OpenAI's chat-completions format: their usual address and how they differ. */
export const PRESETS: Readonly<Record<CompatibleKind, Preset>> = {
  'openai-compatible': { baseUrl: null, profile: compatible('openai-compatible') },
  // openrouter.ai/docs/api-reference: max_tokens, seed, user, top_k, verbosity; reasoning_details go back as they came.
  openrouter: {
    baseUrl: 'https://openrouter.ai/api/v1',
    profile: compatible('openrouter', {
      lacks: ['n'],
      takes: ['verbosity'],
      thoughts: 'reasoning_details',
      cacheControl: true,
    }),
  },
  // api-docs.deepseek.com, "Create Chat Completion": no seed, user, n and parallel_tool_calls, at most 16 stop
  // sequences, JSON without a schema; within a tool loop thoughts must go back.
  deepseek: {
    baseUrl: 'https://api.deepseek.com/v1',
    profile: compatible('deepseek', {
      maxStops: 16,
      seedField: null,
      lacks: ['user', 'n', 'parallel_tool_calls', 'logit_bias', 'top_k'],
      jsonSchema: false,
      wantsWordJson: true,
      reasoning: 'thinking',
      thoughts: 'reasoning_content',
    }),
  },
  // docs.mistral.ai/api: random_seed, temperature up to 1.5; refuses fields that it does not know and ids of tool
  // calls that are not nine letters or digits, reports a stream's usage unasked.
  mistral: {
    baseUrl: 'https://api.mistral.ai/v1',
    profile: compatible('mistral', {
      maxTemperature: 1.5,
      seedField: 'random_seed',
      lacks: ['user', 'logit_bias', 'top_k', 'reasoning_effort', ...LOGPROBS],
      sendStreamOptions: false,
      toolCallId: { pattern: /^[A-Za-z0-9]{9}$/, length: 9 },
    }),
  },
  // Model Studio (DashScope), "OpenAI compatible - Chat": presence_penalty, but no frequency_penalty and no user;
  // tool_choice is auto, none or a function.
  qwen: {
    baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    profile: compatible('qwen', {
      lacks: ['user', 'frequency_penalty', 'logit_bias'],
      toolChoice: 'no_required',
      wantsWordJson: true,
      reasoning: 'enable_thinking',
    }),
  },
  // docs.x.ai, "Chat completions": max_tokens is deprecated.
  xai: {
    baseUrl: 'https://api.x.ai/v1',
    profile: compatible('xai', { tokenLimitField: 'max_completion_tokens', lacks: ['logit_bias', 'top_k'] }),
  },
  // docs.vllm.ai, "OpenAI-Compatible Server": top_k and more as extra fields.
  vllm: { baseUrl: 'http://127.0.0.1:8000/v1', profile: compatible('vllm') },
  // docs.ollama.com, "OpenAI compatibility": no user, n, logit_bias and tool_choice.
  ollama: {
    baseUrl: 'http://127.0.0.1:11434/v1',
    profile: compatible('ollama', {
      lacks: ['user', 'n', 'logit_bias', 'top_k', 'parallel_tool_calls', ...LOGPROBS],
      toolChoice: 'none',
    }),
  },
};
