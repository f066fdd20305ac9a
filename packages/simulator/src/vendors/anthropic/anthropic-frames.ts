import type { SimulatedCompletion } from '../simulated-completion.ts';
import type { WireFrames, WirePiece } from '../vendor-wire.ts';
import { anthropicBlocks } from './anthropic-blocks.ts';
import { anthropicEnvelope } from './anthropic-message.ts';
import { anthropicStop } from './anthropic-stop.ts';
import { anthropicInputUsage, anthropicUsage } from './anthropic-usage.ts';

function frame(data: { type: string; [field: string]: unknown }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** The events of a streamed message. Source: Anthropic "Streaming messages". */
export function anthropicFrames(completion: SimulatedCompletion): WireFrames {
  const { chat, reasoningTokens } = completion;
  const choice = completion.choices[0]!;
  const message = {
    ...anthropicEnvelope(completion),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: anthropicUsage(completion, 1),
  };
  const blocks = anthropicBlocks(choice, chat);
  const pieces: WirePiece[] = [];
  /** Frames that wait for the next piece: the end of one block and the start of the next. */
  let between = '';
  const head = [frame({ type: 'message_start', message })];
  blocks.forEach(({ opening, deltas }, index) => {
    const start = frame({ type: 'content_block_start', index, content_block: opening });
    if (index === 0) head.push(start);
    else between += start;
    for (const { delta, text } of deltas) {
      pieces.push({ frame: between + frame({ type: 'content_block_delta', index, delta }), text });
      between = '';
    }
    between += frame({ type: 'content_block_stop', index });
  });
  const usage = {
    ...anthropicInputUsage(completion),
    output_tokens: completion.completionTokens,
    ...(chat.thinking ? { output_tokens_details: { thinking_tokens: reasoningTokens } } : {}),
  };
  return {
    head: [...head, frame({ type: 'ping' })],
    pieces,
    tail: [
      between,
      frame({ type: 'message_delta', delta: anthropicStop(choice), usage }),
      frame({ type: 'message_stop' }),
    ],
    hiddenTokens:
      chat.thinking && (chat.thinking.redacted || chat.thinking.display !== 'shown') ? reasoningTokens : 0,
  };
}
