import type { ChatDelta } from '@sluice/contracts';
import type { CallMonitor } from '../call/call-monitor.ts';
import { createChoiceCollector } from '../call/choice-collector.ts';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';
import { createBlockReader } from './block-reader.ts';
import { finishReason } from './finish-reason.ts';
import { refused } from './refused.ts';
import { serviceTier } from './service-tier.ts';
import { streamEventSchema, type StreamEvent } from './stream-event.ts';
import { newerUsage, usageOf, type UsageReport } from './usage-of.ts';

export interface StreamContext {
  vendor: string;
  model: string;
  /** Name of the tool whose arguments are the answer; null when there is none. */
  answerTool: string | null;
  monitor: CallMonitor;
  onDelta: (delta: ChatDelta) => void;
}

/** Reads a stream to its terminal event, `message_stop`; without it the answer is `truncated`. */
export async function fromStream(
  events: AsyncIterable<unknown>,
  context: StreamContext,
): Promise<VendorAnswer> {
  const { vendor, model, answerTool, monitor, onDelta } = context;
  const collector = createChoiceCollector({ index: 0, monitor, onDelta });
  const blocks = createBlockReader({ collector, answerTool });
  let message: StreamEvent['message'];
  let ending: StreamEvent['delta'];
  let report: UsageReport | null = null;
  let seen = 0;

  const takeUsage = (newer: UsageReport | null | undefined): void => {
    if (!newer) return;
    report = newerUsage(report, newer);
    const usage = usageOf(report);
    if (usage) monitor.reportUsage(usage);
  };

  for await (const raw of events) {
    const parsed = streamEventSchema.safeParse(raw);
    if (!parsed.success) return failed(context, 'malformed_response', 'sent an event that is none');
    const event = parsed.data;
    seen += 1;
    takeUsage(event.message?.usage);
    takeUsage(event.usage);
    if (event.message) message = event.message;
    if (event.type === 'content_block_delta') monitor.sawToken();
    blocks.take(event);
    if (event.delta?.stop_reason) ending = event.delta;
    if (event.type !== 'message_stop') continue;
    const finish = finishReason(ending?.stop_reason);
    if (finish === 'content_filter') {
      return refused(vendor, { usage: monitor.usage(), details: ending?.stop_details });
    }
    const isAnswer = finish === 'tool_calls' && collector.toolCallCount() === 0;
    return {
      status: 'ok',
      usage: monitor.usage(),
      completion: {
        id: message?.id ?? '',
        created: Math.floor(Date.now() / 1_000),
        model: message?.model ?? model,
        choices: [collector.choice(isAnswer ? 'stop' : finish)],
        ...serviceTier((report as UsageReport | null)?.service_tier),
      },
    };
  }
  return seen === 0
    ? failed(context, 'malformed_response', 'sent an empty stream')
    : failed(context, 'truncated', 'ended the stream without message_stop');
}

function failed(
  { vendor, monitor }: StreamContext,
  code: 'malformed_response' | 'truncated',
  what: string,
): VendorAnswer {
  const error = attemptErrorOf({ code, message: `${vendor} ${what}`, status: 200 });
  return { status: 'error', error, usage: monitor.usage() };
}
