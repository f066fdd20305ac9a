import { z } from 'zod';
import type { BatchLineResult, ProviderBatch } from '../batch/provider-batch-adapter.ts';
import { readResultLines } from '../batch/read-result-lines.ts';
import type { CallMonitor } from '../call/call-monitor.ts';
import type { OpenAiBatchResults } from './batch-object.ts';

const lineSchema = z.object({
  custom_id: z.string(),
  response: z.unknown().optional(),
  error: z
    .object({ code: z.string().nullish().catch(null) })
    .nullish()
    .catch(null),
});

/** Codes of lines that were never run; the one of a cancelled line is not verified at the vendor. */
const UNREACHED: Readonly<Record<string, 'expired' | 'cancelled'>> = {
  batch_expired: 'expired',
  batch_cancelled: 'cancelled',
  batch_canceled: 'cancelled',
};

/** The lines of both files. */
export async function* batchResults(
  { results }: ProviderBatch,
  {
    monitor,
    idleMs,
    open,
  }: {
    monitor: CallMonitor;
    idleMs: number;
    open(fileId: string): Promise<ReadableStream<Uint8Array> | null>;
  },
): AsyncGenerator<BatchLineResult> {
  const { outputFileId, errorFileId } = results as OpenAiBatchResults;
  for (const fileId of [outputFileId, errorFileId]) {
    if (fileId === null) continue;
    const body = await open(fileId);
    monitor.sawHeaders();
    if (!body) throw new SyntaxError('a file of results has no body');
    for await (const raw of readResultLines(body, { monitor, idleMs })) {
      const parsed = lineSchema.safeParse(raw);
      if (!parsed.success) continue;
      const { custom_id: customId, response, error } = parsed.data;
      const unreached = response ? undefined : UNREACHED[error?.code ?? ''];
      if (unreached) yield { customId, status: unreached };
      else yield { customId, status: 'answered', answer: raw };
    }
  }
}
