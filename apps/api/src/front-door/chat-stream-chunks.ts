import { parseTarget, type ChatCompletion, type JobEvent } from '@sluice/contracts';

type Choice = ChatCompletion['choices'][number];

export interface ChatStreamChunks {
  /** The chunks that an event of the job becomes: none for most. */
  ofEvent(event: JobEvent): object[];
  /** The last chunks of a job that completed. */
  ofResult(result: ChatCompletion): object[];
}

/**
 * A job's events as the chunks of OpenAI's chat stream.
 * With `include_usage` every chunk has `usage: null` and one without choices brings it at the end. A stream that
 * begins anew (only when the caller opted in) says so in a chunk without choices: `sluice: {event: "job.restarted"}`.
 * Source: OpenAI API reference, "The chat completion chunk object".
 */
export function createChatStreamChunks({
  id,
  createdAtMs,
  model,
  includeUsage,
}: {
  /** `chatcmpl-…`. */
  id: string;
  createdAtMs: number;
  /** Shown until a target is known. */
  model: string;
  includeUsage: boolean;
}): ChatStreamChunks {
  let modelName = model;
  let begun = new Set<number>();
  const chunk = (choices: object[], more: object = {}): object => ({
    id,
    object: 'chat.completion.chunk',
    created: Math.floor(createdAtMs / 1_000),
    model: modelName,
    service_tier: null,
    system_fingerprint: null,
    choices,
    ...(includeUsage ? { usage: null } : {}),
    ...more,
  });
  const choice = (index: number, delta: object): object => ({
    index,
    delta,
    logprobs: null,
    finish_reason: null,
  });
  const begin = (index: number): object[] => {
    if (begun.has(index)) return [];
    begun.add(index);
    return [chunk([choice(index, { role: 'assistant', content: '', refusal: null })])];
  };

  return {
    ofEvent(event) {
      switch (event.type) {
        case 'job.started':
          modelName = parseTarget(event.target)?.model ?? modelName;
          return [];
        case 'job.restarted':
          begun = new Set();
          return [chunk([], { sluice: { event: 'job.restarted' } })];
        case 'job.delta': {
          const { role: _role, ...delta } = event.delta;
          return [...begin(event.index), chunk([choice(event.index, delta)])];
        }
        default:
          return [];
      }
    },

    ofResult({ choices, usage }) {
      return [
        ...choices.flatMap((ended) => [
          ...(begun.has(ended.index)
            ? []
            : [...begin(ended.index), chunk([choice(ended.index, whole(ended))])]),
          chunk([
            { index: ended.index, delta: {}, logprobs: ended.logprobs, finish_reason: ended.finish_reason },
          ]),
        ]),
        ...(includeUsage ? [chunk([], { usage })] : []),
      ];
    },
  };
}

/** A choice of which nothing was streamed, in one piece. */
function whole({ message }: Choice): object {
  const { role: _role, content, refusal, tool_calls: calls, annotations: _annotations, ...rest } = message;
  return {
    ...rest,
    ...(content === null ? {} : { content }),
    ...(refusal === null ? {} : { refusal }),
    ...(calls ? { tool_calls: calls.map((call, index) => ({ index, ...call })) } : {}),
  };
}
