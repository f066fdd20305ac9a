import { randomText } from '../random-text.ts';
import type { SimulatedCompletion, WireFrames } from '../vendor-wire.ts';

function stopFields({ finish, stopSequence }: SimulatedCompletion): object {
  const reasons = {
    stop: 'end_turn',
    stop_sequence: 'stop_sequence',
    length: 'max_tokens',
    refusal: 'refusal',
    prompt_blocked: 'refusal',
  } as const;
  const refused = finish === 'refusal' || finish === 'prompt_blocked';
  return {
    stop_reason: reasons[finish],
    stop_sequence: stopSequence,
    stop_details: refused
      ? { type: 'refusal', category: null, explanation: 'The request was declined by the safety system.' }
      : null,
  };
}

function usageOf(promptTokens: number, outputTokens: number): object {
  return {
    input_tokens: promptTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: outputTokens,
    service_tier: 'standard',
    inference_geo: 'not_available',
  };
}

function newId(): string {
  return `msg_01${randomText(22)}`;
}

/** The body of a plain message. */
export function anthropicMessage(completion: SimulatedCompletion): string {
  const { chat, text, finish } = completion;
  return JSON.stringify({
    model: chat.model,
    id: newId(),
    type: 'message',
    role: 'assistant',
    content: finish === 'refusal' || text === '' ? [] : [{ type: 'text', text }],
    ...stopFields(completion),
    usage: usageOf(completion.promptTokens, completion.completionTokens),
  });
}

function frame(data: { type: string; [field: string]: unknown }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** The events of a streamed message. Source: Anthropic "Streaming messages". */
export function anthropicFrames(completion: SimulatedCompletion): WireFrames {
  const { chat, promptTokens, completionTokens, finish } = completion;
  const message = {
    model: chat.model,
    id: newId(),
    type: 'message',
    role: 'assistant',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: usageOf(promptTokens, 1),
  };
  const empty = finish === 'refusal';
  const start = frame({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
  const pieces = completion.pieces.map((text) =>
    frame({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  );
  const end = [
    frame({
      type: 'message_delta',
      delta: stopFields(completion),
      usage: {
        input_tokens: promptTokens,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: completionTokens,
      },
    }),
    frame({ type: 'message_stop' }),
  ];
  return {
    head: [frame({ type: 'message_start', message }), ...(empty ? [] : [start]), frame({ type: 'ping' })],
    pieces: empty ? [] : pieces,
    tail: empty ? end : [frame({ type: 'content_block_stop', index: 0 }), ...end],
  };
}
