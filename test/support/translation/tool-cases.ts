import type { ChatRequest } from '@sluice/contracts';
import type { TranslationCase } from './translation-case.ts';

const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'Weather of a city.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: ['integer', 'null'], minimum: 1 } },
      required: ['city'],
      additionalProperties: false,
      'x-extra': 'kept',
    },
  },
};
const clock = { type: 'function' as const, function: { name: 'get_time' } };
const tools = [weather, clock];
const ask: ChatRequest = { messages: [{ role: 'user', content: 'Paris?' }], tools };
const call = (id: string, name: string, text: string) => ({
  id,
  type: 'function' as const,
  function: { name, arguments: text },
});
const named = (name: string) => ({ type: 'function' as const, function: { name } });

/** Two calls at once, one of them without arguments and with a result that tells of an error. */
const LOOP: ChatRequest['messages'] = [
  { role: 'user', content: 'Paris?' },
  {
    role: 'assistant',
    content: null,
    tool_calls: [call('call_a', 'get_weather', '{"city":"Paris"}'), call('call_b', 'get_time', '')],
  },
  { role: 'tool', tool_call_id: 'call_a', content: '{"sky":"clear"}' },
  { role: 'tool', tool_call_id: 'call_b', content: [{ type: 'text', text: '{"error":"no clock"}' }] },
];

export const TOOL_CASES: readonly TranslationCase[] = [
  { name: 'tools', request: ask },
  { name: 'no tools in the list', request: { ...ask, tools: [] } },
  { name: 'tool_choice auto', request: { ...ask, tool_choice: 'auto' } },
  { name: 'tool_choice none', request: { ...ask, tool_choice: 'none' } },
  { name: 'tool_choice required', request: { ...ask, tool_choice: 'required' } },
  { name: 'tool_choice of one function', request: { ...ask, tool_choice: named('get_time') } },
  {
    name: 'tool_choice of allowed tools, auto',
    request: {
      ...ask,
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [named('get_time')] } },
    },
  },
  {
    name: 'tool_choice of allowed tools, required',
    request: {
      ...ask,
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [named('get_weather')] },
      },
    },
  },
  { name: 'tool_choice of a tool that is not there', request: { ...ask, tool_choice: named('get_mail') } },
  { name: 'one tool call at a time', request: { ...ask, parallel_tool_calls: false } },
  {
    name: 'one tool call at a time, and one is required',
    request: { ...ask, parallel_tool_calls: false, tool_choice: 'required' },
  },
  {
    name: 'a tool with alternatives at the top of its parameters',
    request: {
      ...ask,
      tools: [
        {
          type: 'function',
          function: {
            name: 'look_up',
            parameters: {
              type: 'object',
              description: 'By one of two.',
              properties: { id: { type: 'string' }, name: { type: 'string' } },
              anyOf: [{ required: ['id'] }, { required: ['name'] }],
            },
          },
        },
      ],
    },
  },
  {
    name: 'a strict tool',
    request: {
      ...ask,
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            parameters: {
              type: 'object',
              properties: { city: { type: 'string' }, days: { type: ['integer', 'null'], minimum: 1 } },
              required: ['city', 'days'],
              additionalProperties: false,
            },
            strict: true,
          },
        },
      ],
    },
  },
  { name: 'results of two calls', request: { messages: LOOP, tools } },
  {
    name: 'results of two calls, then words of the user',
    request: { messages: [...LOOP, { role: 'user', content: 'Go on.' }], tools },
  },
  {
    name: 'a history with calls and no tools',
    request: { messages: [...LOOP, { role: 'user', content: 'Thanks. And now?' }] },
  },
  {
    name: 'arguments that are not JSON',
    request: {
      messages: [
        { role: 'user', content: 'Paris?' },
        { role: 'assistant', content: 'Hm.', tool_calls: [call('call_a', 'get_weather', '{"city":')] },
        { role: 'tool', tool_call_id: 'call_a', content: 'bad arguments' },
      ],
      tools,
    },
  },
  {
    name: 'ids that other vendors made',
    request: {
      messages: [
        { role: 'user', content: 'Paris?' },
        {
          role: 'assistant',
          tool_calls: [call('functions.get_weather:0', 'get_weather', '{"city":"Paris"}')],
        },
        { role: 'tool', tool_call_id: 'functions.get_weather:0', content: 'clear' },
        {
          role: 'assistant',
          tool_calls: [call('functions.get_weather:0', 'get_weather', '{"city":"Rome"}')],
        },
        { role: 'tool', tool_call_id: 'functions.get_weather:0', content: 'rain' },
      ],
      tools,
    },
  },
];
