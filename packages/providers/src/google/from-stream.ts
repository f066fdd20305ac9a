import type { VendorAnswer } from '../call/vendor-answer.ts';
import { createAnswerReader, type AnswerContext } from './answer-reader.ts';

/** Reads a stream to its end. The terminal event is the piece with `finishReason`; usage repeats, the last wins. */
export async function fromStream(
  pieces: AsyncIterable<unknown>,
  context: AnswerContext,
): Promise<VendorAnswer> {
  const reader = createAnswerReader(context);
  try {
    for await (const piece of pieces) {
      const ended = reader.add(piece);
      if (ended) return ended;
    }
  } catch (error) {
    if (!reader.isComplete() || context.monitor.interruption()?.kind === 'cancelled') throw error;
  }
  return reader.result({ whole: false });
}
