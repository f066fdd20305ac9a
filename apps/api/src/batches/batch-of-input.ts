import type { BatchRecord } from '@sluice/broker';
import { ApiError } from '@sluice/contracts';
import type { StoredInput, TenantFiles } from '../tenant-files.ts';

/**
 * Makes a batch of content that was stored for it, which becomes a file. The content is discarded when no batch reads
 * it: the batch was there already, with an input of its own, or was refused.
 */
export async function batchOfInput<Made extends { batch: BatchRecord }>(
  input: StoredInput,
  files: Pick<TenantFiles, 'add' | 'discard'>,
  make: () => Promise<Made>,
): Promise<Made> {
  try {
    await files.add(input, { filename: `${input.id}.jsonl` });
    const made = await make();
    if (made.batch.inputFileId !== input.id) await files.discard(input);
    return made;
  } catch (error) {
    // What became of it is not known when the store failed: a batch may be there that needs its input.
    if (error instanceof ApiError && error.status < 500) await files.discard(input).catch(() => undefined);
    throw error;
  }
}
