import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { BatchFile } from './batch-file.ts';
import { CliError } from './cli-error.ts';

const memorySchema = z.object({
  base_url: z.string(),
  digest: z.string(),
  /** Null while it is not known whether the batch was made. */
  batch_id: z.string().nullable(),
  /** How it is made: sent again with the same key, it answers the batch that exists. */
  create: z.object({ idempotency_key: z.string(), body: z.record(z.string(), z.unknown()) }),
});
export type BatchMemory = z.infer<typeof memorySchema>;

const memoryOf = (path: string): string => `${path}.sluice-batch`;

/** The batch that was made, or was about to be, of this very content at this broker; null when none is known. */
export async function rememberedBatch(
  { path, digest }: BatchFile,
  baseUrl: string,
): Promise<BatchMemory | null> {
  try {
    const known = memorySchema.parse(JSON.parse(await readFile(memoryOf(path), 'utf8')));
    return known.digest === digest && known.base_url === baseUrl ? known : null;
  } catch {
    return null;
  }
}

type Known = { baseUrl: string } & Pick<BatchMemory, 'batch_id' | 'create'>;

/**
 * Kept beside the file from before the batch is made until its results are read, so that the same command goes on after
 * Ctrl-C. Whoever reads it finds the old memory or the new one. @throws CliError when the folder can't be written.
 */
export async function rememberBatch(file: BatchFile, known: Known): Promise<void> {
  await place(file, known, rename);
}

/**
 * Remembers how a batch is about to be made, unless another call of the same command, at this moment, was first: then
 * that one's memory, so that both make the same batch. @throws CliError when the folder can't be written.
 */
export async function claimBatch(file: BatchFile, known: Known): Promise<BatchMemory | null> {
  let first: BatchMemory | null = null;
  await place(file, known, async (unfinished, final) => {
    try {
      await link(unfinished, final);
      await rm(unfinished);
    } catch {
      first = await rememberedBatch(file, known.baseUrl);
      // Of another content or broker, or on a disk without links.
      if (first === null) await rename(unfinished, final);
      else await rm(unfinished);
    }
  });
  return first;
}

async function place(
  { path, digest }: BatchFile,
  { baseUrl, ...known }: Known,
  put: (unfinished: string, final: string) => Promise<void>,
): Promise<void> {
  const memory: BatchMemory = { base_url: baseUrl, digest, ...known };
  const final = memoryOf(path);
  const unfinished = `${final}.${process.pid}`;
  try {
    await writeFile(unfinished, `${JSON.stringify(memory)}\n`);
    await put(unfinished, final);
  } catch (error) {
    throw new CliError(`${final} can't be written, which remembers the batch: ${(error as Error).message}`);
  }
}

export async function forgetBatch(path: string): Promise<void> {
  await rm(memoryOf(path), { force: true });
}
