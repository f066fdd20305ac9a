import type { ChatRequest } from '@sluice/contracts';
import type { TranslationCase } from './translation-case.ts';

const ask: ChatRequest = { messages: [{ role: 'user', content: 'Name a city.' }] };
const city = {
  type: 'object',
  properties: {
    city: { type: 'string', description: 'Its name.', minLength: 1 },
    people: { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'null' }] },
  },
  required: ['city', 'people'],
  additionalProperties: false,
};
const schemaFormat = {
  type: 'json_schema' as const,
  json_schema: { name: 'city', description: 'A city.', schema: city, strict: true },
};
const tools = [{ type: 'function' as const, function: { name: 'look_up' } }];
const long = 'A long and stable text. '.repeat(350);
const loopOf = (cache: object): ChatRequest =>
  ({
    messages: [
      { role: 'system', content: [{ type: 'text', text: 'S', ...cache }] },
      { role: 'user', content: [{ type: 'text', text: 'U1', ...cache }] },
      { role: 'assistant', content: [{ type: 'text', text: 'A1', ...cache }] },
      { role: 'user', content: [{ type: 'text', text: 'U2', ...cache }] },
    ],
    tools: [{ ...tools[0], ...cache }],
  }) as ChatRequest;

export const PARAMETER_CASES: readonly TranslationCase[] = [
  { name: 'response_format text', request: { ...ask, response_format: { type: 'text' } } },
  { name: 'response_format json_object', request: { ...ask, response_format: { type: 'json_object' } } },
  { name: 'response_format json_schema', request: { ...ask, response_format: schemaFormat } },
  {
    name: 'response_format json_schema at older models',
    request: { ...ask, response_format: schemaFormat },
    models: { anthropic: 'claude-opus-4-1', openai: 'gpt-4-turbo', google: 'gemini-2.0-flash' },
  },
  {
    name: 'response_format json_schema beside tools',
    request: { ...ask, response_format: schemaFormat, tools },
    models: { anthropic: 'claude-opus-4-1' },
  },
  {
    name: 'both token limits',
    request: { ...ask, max_tokens: 100, max_completion_tokens: 200 },
  },
  { name: 'a token limit above the model’s', request: { ...ask, max_completion_tokens: 9_000_000 } },
  {
    name: 'sampling parameters',
    request: {
      ...ask,
      temperature: 1.7,
      top_p: 0.9,
      top_k: 40,
      frequency_penalty: 0.5,
      presence_penalty: -0.5,
      seed: 7,
    },
  },
  {
    name: 'sampling parameters at models that refuse them',
    request: { ...ask, temperature: 0.2, top_p: 0.9, stop: ['END'], logprobs: true },
    models: { openai: 'gpt-5', anthropic: 'claude-opus-4-7' },
  },
  {
    name: 'what models do anyway, at models that refuse it',
    request: { ...ask, temperature: 1, top_p: 1, frequency_penalty: 0, presence_penalty: 0, user: '' },
    models: { openai: 'gpt-5', anthropic: 'claude-opus-4-7' },
  },
  {
    name: 'many stop sequences',
    request: { ...ask, stop: ['1', '2', '3', '4', '5', '6', '\n'] },
  },
  { name: 'logprobs', request: { ...ask, logprobs: true, top_logprobs: 3, logit_bias: { 50256: -100 } } },
  { name: 'two answers', request: { ...ask, n: 2 } },
  {
    name: 'who asks',
    request: { ...ask, user: 'user-1', safety_identifier: 'safe-1', metadata: { team: 'a' } },
  },
  ...(['auto', 'default', 'flex', 'priority'] as const).map((tier) => ({
    name: `service tier ${tier}`,
    request: { ...ask, service_tier: tier },
  })),
  {
    name: 'verbosity and cache keys',
    request: { ...ask, verbosity: 'low', prompt_cache_key: 'k1', prompt_cache_retention: 'in-memory' },
  },
  {
    name: 'cache breakpoints of the caller',
    request: {
      messages: [
        {
          role: 'system',
          content: [{ type: 'text', text: 'S', cache_control: { type: 'ephemeral', ttl: '1h' } }],
        },
        { role: 'user', content: [{ type: 'text', text: 'U', cache_control: { type: 'ephemeral' } }] },
      ],
    },
  },
  { name: 'five cache breakpoints', request: loopOf({ cache_control: { type: 'ephemeral' } }) },
  {
    name: 'a long stable prefix',
    request: {
      messages: [
        { role: 'system', content: long },
        { role: 'user', content: 'U1' },
        { role: 'assistant', content: 'A1' },
        { role: 'user', content: 'U2' },
      ],
      tools,
    },
  },
  {
    name: 'a long stable prefix, caching switched off',
    request: {
      messages: [
        { role: 'system', content: long },
        { role: 'user', content: 'U1' },
      ],
      provider_options: { anthropic: { automatic_cache: false } },
    },
  },
];
