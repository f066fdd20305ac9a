import type { NewBatch, NewJob } from '@sluice/broker';
import type { BatchError } from '@sluice/contracts';
import { MAX_LINE_BYTES } from './batch-limits.ts';
import { createYielder } from './create-yielder.ts';
import type { LineToJob } from './line-to-job.ts';
import { parseBatchLine, type LineFault } from './parse-batch-line.ts';
import { readLines } from './read-lines.ts';

/** A line of a batch's input that is not blank. */
export interface JudgedLine {
  /** Line of the file, from 1. */
  line: number;
  /** That it names; undefined too when it can't be read. */
  model: string | undefined;
  /** The job that it would be, or what is wrong with it. */
  outcome: { status: 'ok'; job: NewJob } | { status: 'faulty'; fault: LineFault };
}

/**
 * Judges all lines of a batch's input, in their order, as they arrive; of the lines before it holds their `custom_id`s
 * alone. Lets everybody else run meanwhile.
 */
export async function* judgeLines(
  content: AsyncIterable<Uint8Array>,
  { batch, lineToJob }: { batch: Pick<NewBatch, 'endpoint'>; lineToJob: LineToJob },
): AsyncGenerator<JudgedLine, void, undefined> {
  const seen = new Set<string>();
  const turn = createYielder();
  let number = 0;
  for await (const lines of readLines(content, { maxLineBytes: MAX_LINE_BYTES })) {
    for (const input of lines) {
      await turn();
      if (input.fault === null && input.text.trim() === '') continue;
      number += 1;
      const parsed = parseBatchLine(input, batch.endpoint);
      const customId = parsed.status === 'ok' ? parsed.line.customId : parsed.customId;
      const model = parsed.status === 'ok' ? parsed.line.request.model : undefined;
      const isKnown = customId !== null && seen.has(customId);
      if (customId !== null) seen.add(customId);
      if (isKnown) yield { line: input.number, model, outcome: DUPLICATE };
      else if (parsed.status === 'faulty') yield { line: input.number, model, outcome: parsed };
      else yield { line: input.number, model, outcome: await lineToJob(parsed.line, number) };
    }
  }
}

/** What is wrong with a file without a line. */
export const EMPTY_FILE: BatchError = {
  code: 'empty_file',
  message: 'The input file is empty.',
  param: 'input_file_id',
  line: null,
};

const DUPLICATE: JudgedLine['outcome'] = {
  status: 'faulty',
  fault: {
    code: 'duplicate_custom_id',
    message:
      'The custom_id for this request is a duplicate of another request. The custom_id parameter must be unique for ' +
      'each request in a batch.',
    param: 'custom_id',
  },
};
