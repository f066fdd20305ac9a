import { readFile, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { BatchFile } from './batch-file.ts';

const memorySchema = z.object({ base_url: z.string(), batch_id: z.string(), digest: z.string() });

const memoryOf = (path: string): string => `${path}.sluice-batch`;

/** The batch that was made of this very content at this broker; null when none is known. */
export async function rememberedBatch({ path, digest }: BatchFile, baseUrl: string): Promise<string | null> {
  try {
    const known = memorySchema.parse(JSON.parse(await readFile(memoryOf(path), 'utf8')));
    return known.digest === digest && known.base_url === baseUrl ? known.batch_id : null;
  } catch {
    return null;
  }
}

/** Kept beside the file until the results are read, so that the same command goes on after Ctrl-C. */
export async function rememberBatch(
  { path, digest }: BatchFile,
  { baseUrl, batchId }: { baseUrl: string; batchId: string },
): Promise<void> {
  const memory = { base_url: baseUrl, batch_id: batchId, digest };
  await writeFile(memoryOf(path), `${JSON.stringify(memory)}\n`);
}

export async function forgetBatch(path: string): Promise<void> {
  await rm(memoryOf(path), { force: true });
}
