import type { ChatCompletion, ChatDelta } from '@sluice/contracts';

/** A finished answer as one piece of stream for each choice. */
export function wholeAnswerDeltas({ choices }: ChatCompletion): ChatDelta[] {
  return choices.map(({ index, message }) => ({
    index,
    delta: {
      role: 'assistant',
      ...(message.reasoning ? { reasoning: message.reasoning } : {}),
      ...(message.reasoning_details ? { reasoning_details: message.reasoning_details } : {}),
      ...(message.content === null ? {} : { content: message.content }),
      ...(message.refusal === null ? {} : { refusal: message.refusal }),
      ...(message.tool_calls
        ? { tool_calls: message.tool_calls.map((call, position) => ({ index: position, ...call })) }
        : {}),
    },
  }));
}
