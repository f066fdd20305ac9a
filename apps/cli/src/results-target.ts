import { createWriteStream } from 'node:fs';
import { access, constants, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CliError } from './cli-error.ts';

/** Where the results of a batch are written. */
export interface ResultsTarget {
  /** A file is there as a whole or not at all; a pipe or device is written to as it is. @throws CliError */
  write(results: Readable): Promise<void>;
}

/**
 * Looked at before a batch is made, so that no batch runs for hours whose results then have no place.
 * @throws CliError for a folder, for what can't be written, and for the file of the requests itself.
 */
export async function openResultsTarget(output: string, requests?: string): Promise<ResultsTarget> {
  const existing = await stat(output).catch(() => null);
  if (existing?.isDirectory()) throw refused(output, 'it is a folder');
  if (existing && requests !== undefined) {
    const own = await stat(requests);
    if (own.dev === existing.dev && own.ino === existing.ino) throw refused(output, 'it holds the requests');
  }
  const isWhole = existing === null || existing.isFile();
  // A link keeps pointing where it does.
  const final = existing?.isFile() ? await realpath(output) : output;
  await access(isWhole ? dirname(final) : final, constants.W_OK).catch((error: unknown) => {
    throw refused(output, (error as Error).message);
  });
  const unfinished = isWhole ? `${final}.${process.pid}.part` : final;
  return {
    async write(results) {
      try {
        await pipeline(results, createWriteStream(unfinished));
        if (isWhole) await rename(unfinished, final);
      } catch (error) {
        if (isWhole) await rm(unfinished, { force: true });
        throw new CliError(
          `The results could not be written to ${output}: ${(error as Error).message}. The same command fetches them again.`,
        );
      }
    },
  };
}

const refused = (output: string, why: string): CliError =>
  new CliError(`Results can't be written to ${output}: ${why}.`, 2);
