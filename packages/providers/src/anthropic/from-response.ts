import { z } from 'zod';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';
import { finishReason } from './finish-reason.ts';
import { refused } from './refused.ts';
import { usageOf, usageReportSchema } from './usage-of.ts';

/** Source: Anthropic API reference, "Messages". Blocks of other kinds (thinking) and unknown fields are ignored. */
const messageSchema = z.object({
  id: z.string().catch(''),
  model: z.string().optional().catch(undefined),
  content: z.array(z.object({ type: z.string(), text: z.string().optional() })),
  stop_reason: z.string().nullish(),
  usage: usageReportSchema.nullish().catch(null),
});

/** A plain answer in normal form. A refusal is an error of code `content_filter`. */
export function fromResponse(
  body: unknown,
  { vendor, model }: { vendor: string; model: string },
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
  if (finish === 'content_filter') return refused(vendor, usage);
  const texts = data.content.filter((block) => block.type === 'text').map((block) => block.text ?? '');
  return {
    status: 'ok',
    usage,
    completion: {
      id: data.id,
      created: Math.floor(Date.now() / 1_000),
      model: data.model ?? model,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: texts.join(''), refusal: null },
          logprobs: null,
          finish_reason: finish,
        },
      ],
    },
  };
}
