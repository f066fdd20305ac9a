import type { ChoiceCollector } from '../call/choice-collector.ts';
import { isJsonObject } from '../request/json-object.ts';
import type { StreamEvent } from './stream-event.ts';

/** Reads the content blocks of a stream. */
export interface BlockReader {
  /** Takes events of blocks; all others do nothing. */
  take(event: StreamEvent): void;
}

interface OpenBlock {
  type: string;
  id: string | undefined;
  name: string | undefined;
  isAnswer: boolean;
  /** Text of thoughts, or whether a tool call has been begun. */
  thinking: string;
  signature: string | null;
  data: string;
  hasArguments: boolean;
}

/**
 * Text is passed on as it comes, as are arguments; a block of thoughts also as a whole when it ends, as only then its
 * signature is known. Beside a JSON answer (`answerTool`) text is left out, as it would make the content no JSON.
 */
export function createBlockReader({
  collector,
  answerTool,
}: {
  collector: ChoiceCollector;
  answerTool: string | null;
}): BlockReader {
  const open = new Map<number, OpenBlock>();

  function start(index: number, content: NonNullable<StreamEvent['content_block']>): void {
    const { type, id, name, input } = content;
    const isAnswer = type === 'tool_use' && name === answerTool;
    const block: OpenBlock = {
      type,
      id,
      name,
      isAnswer,
      thinking: '',
      signature: content.signature || null,
      data: content.data ?? '',
      hasArguments: false,
    };
    open.set(index, block);
    if (type === 'text') text(content.text);
    if (type === 'thinking') think(block, content.thinking);
    if (type !== 'tool_use') return;
    if (!isAnswer) collector.addToolCall({ key: index, id, name });
    // Usually `{}`, and the arguments follow in pieces.
    if (isJsonObject(input) && Object.keys(input).length > 0) pass(index, block, JSON.stringify(input));
  }

  function text(piece: string | undefined): void {
    if (answerTool === null) collector.add(piece ?? '');
  }

  function think(block: OpenBlock, piece: string | undefined): void {
    block.thinking += piece ?? '';
    collector.addReasoning(piece ?? '');
  }

  function pass(index: number, block: OpenBlock, piece: string | undefined): void {
    if (!piece) return;
    block.hasArguments = true;
    if (block.isAnswer) collector.add(piece);
    else collector.addToolCall({ key: index, arguments: piece });
  }

  function end(index: number, block: OpenBlock): void {
    open.delete(index);
    if (block.type === 'tool_use' && !block.hasArguments) pass(index, block, '{}');
    if (block.type === 'thinking') {
      collector.addReasoningDetail({
        type: 'reasoning.text',
        format: 'anthropic-claude-v1',
        text: block.thinking,
        signature: block.signature,
      });
    }
    if (block.type === 'redacted_thinking') {
      collector.addReasoningDetail({
        type: 'reasoning.encrypted',
        format: 'anthropic-claude-v1',
        data: block.data,
      });
    }
  }

  return {
    take({ type, index = 0, content_block: content, delta }) {
      if (type === 'content_block_start' && content) return start(index, content);
      const block = open.get(index);
      if (type === 'content_block_stop' && block) return end(index, block);
      if (type !== 'content_block_delta' || !delta) return undefined;
      if (delta.type === 'text_delta') text(delta.text);
      if (!block) return undefined;
      if (delta.type === 'input_json_delta') pass(index, block, delta.partial_json);
      if (delta.type === 'thinking_delta') think(block, delta.thinking);
      if (delta.type === 'signature_delta')
        block.signature = `${block.signature ?? ''}${delta.signature ?? ''}`;
      return undefined;
    },
  };
}
