import type { ChatRequest } from '@sluice/contracts';
import type { TranslationCase } from './translation-case.ts';

const ask: ChatRequest = { messages: [{ role: 'user', content: 'Why?' }] };
const tools = [{ type: 'function' as const, function: { name: 'look' } }];
const call = { id: 'call_a', type: 'function' as const, function: { name: 'look', arguments: '{}' } };
const loop = (details: object[]): ChatRequest =>
  ({
    messages: [
      { role: 'user', content: 'Why?' },
      {
        role: 'assistant',
        content: 'Let me see.',
        reasoning: 'Hm.',
        reasoning_details: details,
        tool_calls: [call],
      },
      { role: 'tool', tool_call_id: 'call_a', content: 'Nothing.' },
    ],
    tools,
  }) as ChatRequest;
const anthropic = [
  { type: 'reasoning.text', format: 'anthropic-claude-v1', text: 'Hm.', signature: 'c2ln', index: 0 },
  { type: 'reasoning.encrypted', format: 'anthropic-claude-v1', data: 'cmVk', index: 1 },
];
const google = [
  { type: 'reasoning.encrypted', format: 'google-gemini-v1', data: 'Z29v', tool_call_id: 'call_a', index: 0 },
];

export const REASONING_CASES: readonly TranslationCase[] = [
  ...(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const).map((effort) => ({
    name: `reasoning effort ${effort}`,
    request: { ...ask, reasoning_effort: effort },
  })),
  {
    name: 'reasoning effort of models with a budget',
    request: { ...ask, reasoning_effort: 'medium', max_completion_tokens: 500 },
    models: { anthropic: 'claude-haiku-4-5', openai: 'o3', google: 'gemini-2.5-pro' },
  },
  {
    name: 'reasoning effort of models that do not reason',
    request: { ...ask, reasoning_effort: 'high' },
    models: { anthropic: 'claude-3-haiku-20240307', openai: 'gpt-4o', google: 'gemini-2.0-flash' },
  },
  {
    name: 'reasoning and sampling parameters',
    request: {
      ...ask,
      reasoning_effort: 'low',
      temperature: 0.3,
      top_p: 0.5,
      top_k: 9,
      stop: 'END',
      frequency_penalty: 0.1,
    },
  },
  {
    name: 'reasoning and a forced call',
    request: { ...ask, tools, tool_choice: 'required', reasoning_effort: 'high' },
  },
  {
    name: 'reasoning and an answer that is begun',
    request: {
      messages: [...ask.messages, { role: 'assistant', content: 'Well, ' }],
      reasoning_effort: 'medium',
    },
  },
  {
    name: 'reasoning with a budget and an answer that is begun',
    request: {
      messages: [...ask.messages, { role: 'assistant', content: 'Well, ' }],
      reasoning_effort: 'medium',
    },
    models: { anthropic: 'claude-haiku-4-5' },
  },
  { name: 'thoughts made by Anthropic', request: loop(anthropic), forgedFor: 'anthropic' },
  { name: 'thoughts made by Gemini', request: loop(google), forgedFor: 'google' },
  {
    name: 'thinking within a loop that another vendor began',
    request: { ...loop(google), reasoning_effort: 'medium' },
    models: { anthropic: 'claude-haiku-4-5' },
    forgedFor: 'google',
  },
];
