import { z } from 'zod';
import { createChoiceCollector, type ChoiceCollector } from '../call/choice-collector.ts';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';
import { finishReason } from './finish-reason.ts';
import { refused, stopDetailsSchema } from './refused.ts';
import { serviceTier } from './service-tier.ts';
import { usageOf, usageReportSchema } from './usage-of.ts';

/** Source: Anthropic API reference, "Messages". Blocks of other kinds and unknown fields are ignored. */
const blockSchema = z.object({
  type: z.string(),
  text: z.string().optional().catch(undefined),
  thinking: z.string().optional().catch(undefined),
  signature: z.string().optional().catch(undefined),
  data: z.string().optional().catch(undefined),
  id: z.string().optional().catch(undefined),
  name: z.string().optional().catch(undefined),
  input: z.unknown().optional(),
});
const messageSchema = z.object({
  id: z.string().catch(''),
  model: z.string().optional().catch(undefined),
  content: z.array(blockSchema),
  stop_reason: z.string().nullish(),
  stop_details: stopDetailsSchema,
  usage: usageReportSchema.nullish().catch(null),
});

/** A plain answer in normal form. A refusal is an error of code `content_filter`. */
export function fromResponse(
  body: unknown,
  { vendor, model, answerTool }: { vendor: string; model: string; answerTool: string | null },
): VendorAnswer {
  const parsed = messageSchema.safeParse(body);
  if (!parsed.success) {
    const seen =
      body === undefined || body === null || body === '' ? 'an empty body' : 'a body that is no message';
    const error = attemptErrorOf({
      code: 'malformed_response',
      message: `${vendor} sent ${seen}.`,
      status: 200,
    });
    return { status: 'error', error, usage: null };
  }
  const { data } = parsed;
  const usage = usageOf(data.usage);
  const finish = finishReason(data.stop_reason);
  if (finish === 'content_filter') return refused(vendor, { usage, details: data.stop_details });
  const collector = createChoiceCollector({ index: 0 });
  for (const [index, block] of data.content.entries()) take(block, { index, collector, answerTool });
  const isAnswer = finish === 'tool_calls' && collector.toolCallCount() === 0;
  return {
    status: 'ok',
    usage,
    completion: {
      id: data.id,
      created: Math.floor(Date.now() / 1_000),
      model: data.model ?? model,
      choices: [collector.choice(isAnswer ? 'stop' : finish)],
      ...serviceTier(data.usage?.service_tier),
    },
  };
}

function take(
  block: z.infer<typeof blockSchema>,
  { index, collector, answerTool }: { index: number; collector: ChoiceCollector; answerTool: string | null },
): void {
  switch (block.type) {
    case 'text':
      // Beside the JSON answer the model may say what it is about to do; that would make the content no JSON.
      if (answerTool === null) collector.add(block.text ?? '');
      return;
    case 'thinking':
      collector.addReasoning(block.thinking ?? '');
      collector.addReasoningDetail({
        type: 'reasoning.text',
        format: 'anthropic-claude-v1',
        text: block.thinking ?? '',
        signature: block.signature ?? null,
      });
      return;
    case 'redacted_thinking':
      collector.addReasoningDetail({
        type: 'reasoning.encrypted',
        format: 'anthropic-claude-v1',
        data: block.data ?? '',
      });
      return;
    case 'tool_use': {
      const text = JSON.stringify(block.input ?? {});
      if (block.name === answerTool) collector.add(text);
      else collector.addToolCall({ key: index, id: block.id, name: block.name, arguments: text });
      return;
    }
    default:
  }
}
