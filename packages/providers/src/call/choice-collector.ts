import { randomUUID } from 'node:crypto';
import type { ChatCompletion, ChatDelta, FinishReason, ReasoningDetail, ToolCall } from '@sluice/contracts';
import type { CallMonitor } from './call-monitor.ts';

type Choice = ChatCompletion['choices'][number];

export interface ToolCallPiece {
  /** What tells the calls of one message apart in the vendor's stream; calls are counted by first sight. */
  key: string | number;
  /** With the first piece; made up where the vendor gives none. */
  id?: string | null | undefined;
  name?: string | null | undefined;
  /** JSON text, or a piece of it. */
  arguments?: string | null | undefined;
}

/** Puts one choice together in normal form, from the pieces of a stream, which it passes on, or from a plain answer. */
export interface ChoiceCollector {
  /** Text of the answer. */
  add(text: string): void;
  /** Thoughts that the vendor shows. */
  addReasoning(text: string): void;
  /** A whole block that the vendor wants back; its text, if it has one, went through {@link addReasoning}. */
  addReasoningDetail(detail: ReasoningDetail): void;
  addToolCall(piece: ToolCallPiece): void;
  /** Logprobs of the tokens so far; they come with the result, not with the stream. */
  addLogprobs(tokens: readonly unknown[]): void;
  addAnnotations(annotations: readonly unknown[]): void;
  content(): string;
  toolCallCount(): number;
  /** With tool calls, `stop` becomes `tool_calls`. */
  choice(finishReason: FinishReason): Choice;
}

/** The first delta carries the role; empty pieces are not passed on. */
export function createChoiceCollector({
  index,
  monitor = null,
  onDelta = () => undefined,
}: {
  index: number;
  monitor?: Pick<CallMonitor, 'sawContent' | 'sawToken'> | null;
  onDelta?: (delta: ChatDelta) => void;
}): ChoiceCollector {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const details: ReasoningDetail[] = [];
  const logprobs: unknown[] = [];
  const annotations: unknown[] = [];
  const calls = new Map<string | number, { index: number; id: string; name: string; arguments: string[] }>();
  let begun = false;

  const pass = (delta: ChatDelta['delta']): void => {
    onDelta({ index, delta: begun ? delta : { role: 'assistant', ...delta } });
    begun = true;
  };

  function addToolCall({ key, id, name, arguments: text }: ToolCallPiece): void {
    monitor?.sawContent(`${name ?? ''}${text ?? ''}`);
    const known = calls.get(key);
    if (known) {
      if (!known.name && name) known.name = name;
      if (!text) return;
      known.arguments.push(text);
      pass({ tool_calls: [{ index: known.index, function: { arguments: text } }] });
      return;
    }
    const call = {
      index: calls.size,
      id: id || newToolCallId(),
      name: name ?? '',
      arguments: text ? [text] : [],
    };
    calls.set(key, call);
    const first = { name: call.name, arguments: text ?? '' };
    pass({ tool_calls: [{ index: call.index, id: call.id, type: 'function', function: first }] });
  }

  function toolCalls(): ToolCall[] {
    return [...calls.values()].map(({ id, name, arguments: pieces }) => ({
      id,
      type: 'function',
      function: { name, arguments: pieces.join('') },
    }));
  }

  return {
    add(text) {
      if (text === '') return;
      monitor?.sawContent(text);
      texts.push(text);
      pass({ content: text });
    },
    addReasoning(text) {
      if (text === '') return;
      monitor?.sawToken(text);
      thoughts.push(text);
      pass({ reasoning: text });
    },
    addReasoningDetail(detail) {
      monitor?.sawToken();
      const placed = { ...detail, index: details.length };
      details.push(placed);
      pass({ reasoning_details: [placed] });
    },
    addToolCall,
    addLogprobs: (tokens) => void logprobs.push(...tokens),
    addAnnotations: (found) => void annotations.push(...found),
    content: () => texts.join(''),
    toolCallCount: () => calls.size,
    choice: (finishReason) => ({
      index,
      message: {
        role: 'assistant',
        content: texts.length > 0 || calls.size === 0 ? texts.join('') : null,
        refusal: null,
        ...(calls.size > 0 ? { tool_calls: toolCalls() } : {}),
        ...(thoughts.length > 0 ? { reasoning: thoughts.join('') } : {}),
        ...(details.length > 0 ? { reasoning_details: details } : {}),
        ...(annotations.length > 0 ? { annotations } : {}),
      },
      logprobs: logprobs.length > 0 ? { content: logprobs } : null,
      finish_reason: calls.size > 0 && finishReason === 'stop' ? 'tool_calls' : finishReason,
    }),
  };
}

/** Short enough for every vendor that may get it back: OpenAI takes 40 characters. */
function newToolCallId(): string {
  return `call_${randomUUID().replaceAll('-', '')}`;
}
