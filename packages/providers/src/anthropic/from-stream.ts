import type { ChatDelta } from '@sluice/contracts';
import { z } from 'zod';
import type { CallMonitor } from '../call/call-monitor.ts';
import { createChoiceCollector } from '../call/choice-collector.ts';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';
import { finishReason } from './finish-reason.ts';
import { refused } from './refused.ts';
import { newerUsage, usageOf, usageReportSchema, type UsageReport } from './usage-of.ts';

/** Source: Anthropic's guide "Streaming messages". Events of other types are ignored, as the guide asks. */
const eventSchema = z.object({
  type: z.string(),
  message: z
    .object({
      id: z.string().optional().catch(undefined),
      model: z.string().optional().catch(undefined),
      usage: usageReportSchema.nullish().catch(null),
    })
    .optional(),
  delta: z
    .object({
      type: z.string().optional(),
      text: z.string().optional(),
      stop_reason: z.string().nullish(),
    })
    .optional(),
  usage: usageReportSchema.nullish().catch(null),
});
type StreamEvent = z.infer<typeof eventSchema>;

export interface StreamContext {
  vendor: string;
  model: string;
  monitor: CallMonitor;
  onDelta: (delta: ChatDelta) => void;
}

/** Reads a stream to its terminal event, `message_stop`; without it the answer is `truncated`. */
export async function fromStream(
  events: AsyncIterable<unknown>,
  context: StreamContext,
): Promise<VendorAnswer> {
  const { vendor, model, monitor, onDelta } = context;
  const collector = createChoiceCollector({ index: 0, monitor, onDelta });
  let message: StreamEvent['message'];
  let stopReason: string | null = null;
  let report: UsageReport | null = null;
  let seen = 0;

  const takeUsage = (newer: UsageReport | null | undefined): void => {
    if (!newer) return;
    report = newerUsage(report, newer);
    const usage = usageOf(report);
    if (usage) monitor.reportUsage(usage);
  };

  for await (const raw of events) {
    const parsed = eventSchema.safeParse(raw);
    if (!parsed.success) return failed(context, 'malformed_response', 'sent an event that is none');
    const event = parsed.data;
    seen += 1;
    takeUsage(event.message?.usage);
    takeUsage(event.usage);
    if (event.message) message = event.message;
    if (event.type === 'content_block_delta') {
      monitor.sawToken();
      if (event.delta?.type === 'text_delta') collector.add(event.delta.text ?? '');
    }
    if (event.delta?.stop_reason) stopReason = event.delta.stop_reason;
    if (event.type !== 'message_stop') continue;
    if (finishReason(stopReason) === 'content_filter') return refused(vendor, monitor.usage());
    return {
      status: 'ok',
      usage: monitor.usage(),
      completion: {
        id: message?.id ?? '',
        created: Math.floor(Date.now() / 1_000),
        model: message?.model ?? model,
        choices: [collector.choice(finishReason(stopReason))],
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
