import type { BatchRecord } from '@sluice/broker';
import type { BatchError } from '@sluice/contracts';
import { maxLines, MAX_LINE_BYTES, MAX_LISTED_ERRORS } from './batch-limits.ts';
import { createYielder } from './create-yielder.ts';
import { createLineToJob, type LineToJobDeps } from './line-to-job.ts';
import { parseBatchLine, type LineFault } from './parse-batch-line.ts';
import { readLines } from './read-lines.ts';

export type CheckedInput =
  | { status: 'ok'; total: number; model: string | null }
  | { status: 'faulty'; errors: readonly BatchError[] };

/**
 * Checks every line of a batch's input, as OpenAI does before it runs any: one fault fails the whole batch, and up
 * to a hundred are listed. Lines in Anthropic's form are judged one by one later; here they are only counted.
 */
export async function checkInput(
  batch: BatchRecord,
  { signal, ...deps }: LineToJobDeps & { signal: AbortSignal },
): Promise<CheckedInput> {
  const content = await deps.files.read(batch.inputFileId);
  if (!content) return failed('input_file_not_found', 'The input file is gone.', 'input_file_id');
  const errors: BatchError[] = [];
  const seen = new Set<string>();
  const models = new Set<string | undefined>();
  const lineToJob = createLineToJob(batch, deps);
  const turn = createYielder();
  let total = 0;

  const faultOf = async (line: Parameters<typeof parseBatchLine>[0]): Promise<LineFault | null> => {
    const parsed = parseBatchLine(line, batch.endpoint);
    const customId = parsed.status === 'ok' ? parsed.line.customId : parsed.customId;
    if (customId !== null) {
      if (seen.has(customId)) return DUPLICATE;
      seen.add(customId);
    }
    if (parsed.status === 'faulty') return parsed.fault;
    models.add(parsed.line.request.model);
    const planned = await lineToJob(parsed.line, total);
    return planned.status === 'ok' ? null : planned.fault;
  };

  for await (const lines of readLines(content, { maxLineBytes: MAX_LINE_BYTES })) {
    for (const line of lines) {
      signal.throwIfAborted();
      await turn();
      if (line.fault === null && line.text.trim() === '') continue;
      total += 1;
      if (total > maxLines(batch)) {
        return failed('too_many_requests', `The file has more than ${maxLines(batch)} requests.`, null);
      }
      if (batch.dialect === 'anthropic') continue;
      const fault = await faultOf(line);
      if (fault === null) continue;
      errors.push({ ...fault, line: line.number });
      if (errors.length === MAX_LISTED_ERRORS) return { status: 'faulty', errors };
    }
  }
  if (total === 0) return failed('empty_file', 'The input file is empty.', 'input_file_id');
  if (errors.length > 0) return { status: 'faulty', errors };
  const [model] = models;
  return { status: 'ok', total, model: models.size === 1 ? (model ?? null) : null };
}

const DUPLICATE: LineFault = {
  code: 'duplicate_custom_id',
  message:
    'The custom_id for this request is a duplicate of another request. The custom_id parameter must be unique for ' +
    'each request in a batch.',
  param: 'custom_id',
};

function failed(code: string, message: string, param: string | null): CheckedInput {
  return { status: 'faulty', errors: [{ code, message, param, line: null }] };
}
