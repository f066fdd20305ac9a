import { z } from 'zod';
import type { BatchLineResult, ProviderBatch } from '../batch/provider-batch-adapter.ts';
import { readResultLines } from '../batch/read-result-lines.ts';
import { watchedBody } from '../batch/watched-body.ts';
import type { CallMonitor } from '../call/call-monitor.ts';
import { inlineResponsesOf, readOperation, type GoogleBatchResults } from './batch-operation.ts';
import type { GoogleRest } from './google-rest.ts';

const resultSchema = z.object({
  key: z.string().optional(),
  metadata: z.object({ key: z.string() }).nullish().catch(null),
});
const FILE_NAME = /^files\/[A-Za-z0-9_-]+$/;

/** The answers of a file, or those within the operation. */
export async function* batchResults(
  { id, results }: ProviderBatch,
  { rest, monitor, idleMs }: { rest: GoogleRest; monitor: CallMonitor; idleMs: number },
): AsyncGenerator<BatchLineResult> {
  const where = results as GoogleBatchResults;
  const answers =
    where.kind === 'file'
      ? fileAnswers(where.name, { rest, monitor, idleMs })
      : inlineAnswers(id, { rest, monitor, idleMs });
  for await (const answer of answers) {
    const { data } = resultSchema.safeParse(answer);
    const customId = data?.key ?? data?.metadata?.key;
    if (customId) yield { customId, status: 'answered', answer };
  }
}

interface Reading {
  rest: GoogleRest;
  monitor: CallMonitor;
  idleMs: number;
}

async function* fileAnswers(name: string, { rest, monitor, idleMs }: Reading): AsyncGenerator {
  if (!FILE_NAME.test(name)) throw new SyntaxError(`"${name}" is no name of a file`);
  const path = `/download/v1beta/${name}:download?alt=media`;
  const { body } = await rest.send({ method: 'GET', path, monitor });
  if (!body) throw new SyntaxError('the file of results has no body');
  yield* readResultLines(body, { monitor, idleMs });
}

async function* inlineAnswers(id: string, { rest, monitor, idleMs }: Reading): AsyncGenerator {
  const { body } = await rest.send({ method: 'GET', path: `/v1beta/${id}`, monitor });
  if (!body) throw new SyntaxError('the batch has no body');
  const pieces: Uint8Array[] = [];
  for await (const piece of watchedBody(body, { monitor, idleMs })) pieces.push(piece);
  yield* inlineResponsesOf(readOperation(JSON.parse(Buffer.concat(pieces).toString())));
}
