import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { CliError } from './cli-error.ts';

export interface BatchFile {
  path: string;
  /** Lines that are not empty. */
  lines: number;
  /** Of the first line. */
  endpoint: string;
  /** SHA-256 of the whole file, hex. */
  digest: string;
}

/** Looks through a file of requests. @throws CliError when it can't be read, is empty, or its first line is no request. */
export async function readBatchFile(path: string): Promise<BatchFile> {
  const hash = createHash('sha256');
  let lines = 0;
  let first: string | null = null;
  try {
    const content = createReadStream(path);
    content.on('data', (chunk) => hash.update(chunk));
    for await (const line of createInterface({ input: content, crlfDelay: Infinity })) {
      if (line.trim() === '') continue;
      lines += 1;
      first ??= line.replace(/^\uFEFF/, '');
    }
  } catch (error) {
    throw new CliError(`${path} can't be read: ${(error as Error).message}`, 2);
  }
  if (first === null) throw new CliError(`${path} holds no requests.`, 2);
  return { path, lines, endpoint: endpointOf(first, path), digest: hash.digest('hex') };
}

function endpointOf(line: string, path: string): string {
  try {
    const { url } = JSON.parse(line) as { url?: unknown };
    if (typeof url === 'string') return url;
  } catch {
    // Said below, as for a line without a URL.
  }
  throw new CliError(
    `The first line of ${path} is no request with a "url": {"custom_id", "method", "url", "body"}.`,
    2,
  );
}
