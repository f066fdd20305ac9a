import { batchLineJobId, hasLine, type BatchRecord } from '@sluice/broker';
import type { ApiDeps } from '../api-deps.ts';
import type { TenantHandles } from '../tenant-handles.ts';
import { MAX_LINE_BYTES } from './batch-limits.ts';
import { createYielder } from './create-yielder.ts';
import { parseCustomId } from './parse-custom-id.ts';
import { readLines } from './read-lines.ts';
import { resultLine, type EndedLine, type ResultLine } from './result-line.ts';

/** Records read at once. */
const AT_ONCE = 50;

/** The handles are of the batch's tenant. */
type Deps = Pick<TenantHandles, 'jobs' | 'batches' | 'files'> & Pick<ApiDeps, 'baseUrl'>;

/** The results of all lines that have ended, in the order of the lines. Holds some lines at once. */
export async function* endedLines(
  batch: BatchRecord,
  deps: Deps,
  signal: AbortSignal,
): AsyncGenerator<ResultLine, void, undefined> {
  const ended = await deps.batches.endedLines(batch);
  const turn = createYielder();
  for (let from = 1; from <= batch.total; from += AT_ONCE) {
    signal.throwIfAborted();
    const numbers = Array.from({ length: AT_ONCE }, (_, at) => from + at).filter(
      (line) => line <= batch.total && hasLine(ended, line),
    );
    const lines = await readEnded(batch, numbers, deps);
    const lost = lines.filter(({ job, refusal }) => !job && !refusal?.custom_id);
    const customIds = lost.length > 0 ? await customIdsOf(batch, lost, deps) : null;
    for (const line of lines) {
      await turn();
      const customId = customIds?.get(line.number) ?? null;
      yield resultLine(batch, line, { baseUrl: deps.baseUrl(), customId });
    }
  }
}

async function readEnded(batch: BatchRecord, numbers: readonly number[], deps: Deps): Promise<EndedLine[]> {
  const jobs = await Promise.all(numbers.map((line) => deps.jobs.get(batchLineJobId(batch.id, line))));
  const without = numbers.filter((_line, at) => jobs[at] === null);
  const refusals = await deps.batches.refusals(batch, without);
  return numbers.map((number, at) => {
    const refusal = jobs[at] === null ? (refusals[without.indexOf(number)] ?? null) : null;
    return {
      number,
      job: jobs[at] ?? null,
      refusal: refusal === null ? null : (JSON.parse(refusal) as EndedLine['refusal']),
    };
  });
}

/** From the input, for lines whose job never was or is gone. */
async function customIdsOf(
  batch: BatchRecord,
  lost: readonly EndedLine[],
  { files }: Deps,
): Promise<Map<number, string | null>> {
  const wanted = new Set(lost.map(({ number }) => number));
  const found = new Map<number, string | null>();
  const content = await files.readOf(batch, 'input');
  if (!content) return found;
  let number = 0;
  for await (const lines of readLines(content, { maxLineBytes: MAX_LINE_BYTES })) {
    for (const { text, fault } of lines) {
      if (fault === null && text.trim() === '') continue;
      number += 1;
      if (wanted.delete(number)) found.set(number, parseCustomId(text));
      if (wanted.size === 0) return found;
    }
  }
  return found;
}
