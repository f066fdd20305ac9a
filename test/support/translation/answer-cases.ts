import type { AnswerScript } from '../vendor-wire.ts';

/** An answer of every vendor, and the one form in which it comes back. */
export interface AnswerCase {
  name: string;
  script: AnswerScript;
  content: string | null;
  reasoning?: string;
  toolCalls?: readonly { name: string; arguments: string }[];
  finishReason: 'stop' | 'length' | 'tool_calls';
}

const paris = { id: 'call_1', name: 'get_weather', arguments: ['{"city":', '"Paris"}'] };
const rome = { id: 'call_2', name: 'get_weather', arguments: ['{"city":"Rome"}'] };
const clock = { id: 'call_3', name: 'get_time', arguments: ['{}'] };

export const ANSWER_CASES: readonly AnswerCase[] = [
  {
    name: 'text',
    script: { texts: ['Bon', 'jour 🙂'], finish: 'stop' },
    content: 'Bonjour 🙂',
    finishReason: 'stop',
  },
  {
    name: 'text up to the limit',
    script: { texts: ['Bon'], finish: 'length' },
    content: 'Bon',
    finishReason: 'length',
  },
  {
    name: 'one tool call',
    script: { toolCalls: [paris], finish: 'tool_calls' },
    content: null,
    toolCalls: [{ name: 'get_weather', arguments: '{"city":"Paris"}' }],
    finishReason: 'tool_calls',
  },
  {
    name: 'three tool calls at once, after text',
    script: { texts: ['Let me look.'], toolCalls: [paris, rome, clock], finish: 'tool_calls' },
    content: 'Let me look.',
    toolCalls: [
      { name: 'get_weather', arguments: '{"city":"Paris"}' },
      { name: 'get_weather', arguments: '{"city":"Rome"}' },
      { name: 'get_time', arguments: '{}' },
    ],
    finishReason: 'tool_calls',
  },
  {
    name: 'a tool call under finish reason stop',
    script: { toolCalls: [clock], finish: 'stop' },
    content: null,
    toolCalls: [{ name: 'get_time', arguments: '{}' }],
    finishReason: 'tool_calls',
  },
  {
    name: 'thoughts, then text',
    script: { thoughts: ['Hm, ', 'so.'], texts: ['Yes.'], finish: 'stop' },
    content: 'Yes.',
    reasoning: 'Hm, so.',
    finishReason: 'stop',
  },
  {
    name: 'thoughts, then tool calls',
    script: { thoughts: ['Look it up.'], toolCalls: [paris, clock], finish: 'tool_calls' },
    content: null,
    reasoning: 'Look it up.',
    toolCalls: [
      { name: 'get_weather', arguments: '{"city":"Paris"}' },
      { name: 'get_time', arguments: '{}' },
    ],
    finishReason: 'tool_calls',
  },
];
