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
  unsupported: ReadonlySet<'user' | 'frequency_penalty' | 'presence_penalty'>;
  /** Servers with chat templates know neither the developer role nor content as parts. */
  plainMessages: boolean;
  /** Usage of a stream has to be asked for; the few that refuse the field report it anyway. */
  sendStreamOptions: boolean;
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
  unsupported: new Set(),
  plainMessages: false,
  sendStreamOptions: true,
};
