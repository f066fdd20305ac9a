import { z } from 'zod';
import type { BatchLineResult } from '../batch/provider-batch-adapter.ts';
import { readResultLines } from '../batch/read-result-lines.ts';
import type { CallMonitor } from '../call/call-monitor.ts';

const lineSchema = z.object({ custom_id: z.string(), result: z.object({ type: z.string() }).loose() });

/** The lines of the results. Those that were cancelled or expired stand among the others. */
export async function* batchResults({
  monitor,
  idleMs,
  open,
}: {
  monitor: CallMonitor;
  idleMs: number;
  open(): Promise<Response>;
}): AsyncGenerator<BatchLineResult> {
  const { body } = await open();
  monitor.sawHeaders();
  if (!body) throw new SyntaxError('the results have no body');
  for await (const raw of readResultLines(body, { monitor, idleMs })) {
    const parsed = lineSchema.safeParse(raw);
    if (!parsed.success) continue;
    const { custom_id: customId, result } = parsed.data;
    if (result.type === 'expired') yield { customId, status: 'expired' };
    else if (result.type === 'canceled') yield { customId, status: 'cancelled' };
    else yield { customId, status: 'answered', answer: result };
  }
}
