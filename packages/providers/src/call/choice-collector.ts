import type { ChatCompletion, ChatDelta, FinishReason } from '@sluice/contracts';
import type { CallMonitor } from './call-monitor.ts';

/** Puts one choice of a stream together and passes its pieces on in normal form. */
export interface ChoiceCollector {
  add(text: string): void;
  content(): string;
  choice(finishReason: FinishReason): ChatCompletion['choices'][number];
}

/** The first delta carries the role; empty pieces are not passed on. */
export function createChoiceCollector({
  index,
  monitor,
  onDelta,
}: {
  index: number;
  monitor: CallMonitor;
  onDelta: (delta: ChatDelta) => void;
}): ChoiceCollector {
  const pieces: string[] = [];
  const content = () => pieces.join('');
  return {
    add(text) {
      if (text === '') return;
      monitor.sawContent();
      const isFirst = pieces.push(text) === 1;
      onDelta({ index, delta: isFirst ? { role: 'assistant', content: text } : { content: text } });
    },
    content,
    choice: (finishReason) => ({
      index,
      message: { role: 'assistant', content: content(), refusal: null },
      logprobs: null,
      finish_reason: finishReason,
    }),
  };
}
