import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { CliError } from './cli-error.ts';

export interface BatchFile {
  path: string;
  /** Lines that are not empty. */
  lines: number;
  /** Of the first line that names one. */
  endpoint: string;
  /** SHA-256 of the whole file, hex. */
  digest: string;
}

/** Looks through a file of requests. @throws CliError when it can't be read, is empty, or no line of it is a request. */
export async function readBatchFile(path: string): Promise<BatchFile> {
  const hash = createHash('sha256');
  let lines = 0;
  let endpoint: string | null = null;
  const found = await stat(path).catch(() => null);
  if (found && !found.isFile()) {
    throw new CliError(
      `${path} is no ordinary file. It is read twice, so write the requests to one first.`,
      2,
    );
  }
  try {
    const content = createReadStream(path);
    content.on('data', (chunk) => hash.update(chunk));
    for await (const line of createInterface({ input: content, crlfDelay: Infinity })) {
      if (line.trim() === '') continue;
      lines += 1;
      endpoint ??= endpointOf(line);
    }
  } catch (error) {
    throw new CliError(`${path} can't be read: ${(error as Error).message}`, 2);
  }
  if (lines === 0) throw new CliError(`${path} holds no requests.`, 2);
  if (endpoint === null) {
    const form = '{"custom_id", "method", "url", "body"}';
    throw new CliError(`No line of ${path} is a request with a "url": ${form}.`, 2);
  }
  return { path, lines, endpoint, digest: hash.digest('hex') };
}

/** Null for what is no request; the broker tells what is wrong with it. */
function endpointOf(line: string): string | null {
  try {
    const { url } = JSON.parse(line.replace(/^\uFEFF/, '')) as { url?: unknown };
    return typeof url === 'string' ? url : null;
  } catch {
    return null;
  }
}
