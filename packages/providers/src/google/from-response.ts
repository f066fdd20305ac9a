import type { CallMonitor } from '../call/call-monitor.ts';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import { createAnswerReader, type AnswerContext } from './answer-reader.ts';

/** A plain answer in normal form. A blocked prompt or answer is an error of code `content_filter`. */
export function fromResponse(
  body: unknown,
  { monitor, ...facts }: Omit<AnswerContext, 'onDelta'>,
): VendorAnswer {
  // Its milestones are those of its headers, not of its parts.
  const silent: CallMonitor = { ...monitor, sawContent: () => undefined };
  const reader = createAnswerReader({ ...facts, monitor: silent, onDelta: () => undefined });
  return reader.add(body) ?? reader.result({ whole: true });
}
