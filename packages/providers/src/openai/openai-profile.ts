import type { ChatRequest } from '@sluice/contracts';

/** How one server of the OpenAI chat-completions format differs from the others. */
export interface OpenAiProfile {
  /** For messages, and the first name that `provider_options` is read by. */
  kind: string;
  /** Names under which `provider_options` are merged, the most specific last. */
  optionNames: readonly string[];
  tokenLimitField: 'max_tokens' | 'max_completion_tokens';
  /** Clamp the token limit to the catalogue's; off where the catalogue does not know the server well. */
  clampTokenLimit: boolean;
  maxStops: number | null;
  maxTemperature: number;
  seedField: 'seed' | 'random_seed' | null;
  /** Parameters that the server refuses or ignores. */
  unsupported: ReadonlySet<keyof ChatRequest>;
  /** Servers with chat templates know neither the developer role nor plain text as parts. */
  plainMessages: boolean;
  /** Usage of a stream has to be asked for; the few that refuse the field report it anyway. */
  sendStreamOptions: boolean;
  /** Forms of `tool_choice`: all; all but `allowed_tools`; also no `required`; none at all. */
  toolChoice: 'all' | 'no_allowed_tools' | 'no_required' | 'none';
  /** Ids of tool calls that the server takes back. */
  toolCallId: { pattern: RegExp; length: number };
  /** `json_schema`, or only `json_object`: the schema is then told in words. */
  jsonSchema: boolean;
  /** `json_object` is refused unless the messages say "JSON". */
  wantsWordJson: boolean;
  /** How effort is asked for: OpenAI's field, DeepSeek's `thinking`, Qwen's `enable_thinking`. */
  reasoning: 'reasoning_effort' | 'thinking' | 'enable_thinking';
  /** The field in which earlier thoughts go back: OpenRouter's blocks, or DeepSeek's text within a tool loop. */
  thoughts: 'reasoning_details' | 'reasoning_content' | null;
  /** Takes `cache_control` on parts; elsewhere caching needs no marks. */
  cacheControl: boolean;
}

/** api.openai.com. Source: OpenAI API reference, "Create chat completion". */
export const OPENAI_PROFILE: OpenAiProfile = {
  kind: 'openai',
  optionNames: ['openai'],
  tokenLimitField: 'max_completion_tokens',
  clampTokenLimit: true,
  maxStops: 4,
  maxTemperature: 2,
  seedField: 'seed',
  unsupported: new Set(['top_k']),
  plainMessages: false,
  sendStreamOptions: true,
  toolChoice: 'all',
  toolCallId: { pattern: /^[^]{1,40}$/, length: 40 },
  jsonSchema: true,
  wantsWordJson: true,
  reasoning: 'reasoning_effort',
  thoughts: null,
  cacheControl: false,
};
