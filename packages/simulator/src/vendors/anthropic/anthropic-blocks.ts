import { isObject } from '../is-object.ts';
import { seal } from '../seal.ts';
import type { SimulatedChat } from '../simulated-chat.ts';
import type { SimulatedChoice } from '../simulated-completion.ts';
import { splitPieces } from '../split-pieces.ts';
import type { WirePiece } from '../vendor-wire.ts';

/** One block of an answer: whole, as a stream opens it, and the deltas between. */
export interface AnthropicOutputBlock {
  block: object;
  opening: object;
  deltas: { delta: object; text: WirePiece['text'] }[];
}

function inputOf(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function thinkingBlock(choice: SimulatedChoice, chat: SimulatedChat): AnthropicOutputBlock[] {
  if (choice.reasoning === '' || !chat.thinking) return [];
  if (chat.thinking.redacted) {
    const block = { type: 'redacted_thinking', data: seal('redacted', choice.reasoning) };
    return [{ block, opening: block, deltas: [] }];
  }
  const thinking = chat.thinking.display === 'shown' ? choice.reasoning : '';
  const signature = seal(`thinking ${thinking}`, choice.reasoning);
  return [
    {
      block: { type: 'thinking', thinking, signature },
      opening: { type: 'thinking', thinking: '', signature: '' },
      deltas: [
        ...splitPieces(thinking).map((text) => ({ text, delta: { type: 'thinking_delta', thinking: text } })),
        { text: '', delta: { type: 'signature_delta', signature } },
      ],
    },
  ];
}

/** The blocks of an answer in their order. A call without arguments streams no JSON at all, as at Anthropic. */
export function anthropicBlocks(choice: SimulatedChoice, chat: SimulatedChat): AnthropicOutputBlock[] {
  if (choice.finish === 'refusal' || choice.finish === 'prompt_blocked') return [];
  const { text } = choice;
  const textBlock: AnthropicOutputBlock = {
    block: { type: 'text', text },
    opening: { type: 'text', text: '' },
    deltas: splitPieces(text).map((piece) => ({ text: piece, delta: { type: 'text_delta', text: piece } })),
  };
  const calls = choice.toolCalls.map(({ id, name, arguments: json }): AnthropicOutputBlock => {
    const pieces = json === '{}' ? [''] : ['', ...(json.match(/[\s\S]{1,16}/g) ?? [])];
    return {
      block: { type: 'tool_use', id, name, input: inputOf(json), caller: { type: 'direct' } },
      opening: { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } },
      deltas: pieces.map((piece, index) => ({
        text: index === 0 ? name : piece,
        delta: { type: 'input_json_delta', partial_json: piece },
      })),
    };
  });
  return [...thinkingBlock(choice, chat), ...(text === '' ? [] : [textBlock]), ...calls];
}
