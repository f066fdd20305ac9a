import { randomUUID } from 'node:crypto';

const CHUNK_CHARS = 64 * 1024;

/**
 * The multipart body of `POST /v1/files`, made while it is sent: the SDK's own form would hold the whole file once
 * more. Parts come in the order of the SDK's.
 */
export function fileOfLines(
  lines: readonly string[],
  { filename }: { filename: string },
): { contentType: string; body: ReadableStream<Uint8Array> } {
  const boundary = `sluice-${randomUUID()}`;
  const head =
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\n` +
    'Content-Type: application/octet-stream\r\n\r\n';
  const tail =
    `\r\n--${boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n` +
    `--${boundary}--\r\n`;

  function* pieces(): Generator<Uint8Array> {
    yield Buffer.from(head);
    yield* chunksOfLines(lines);
    yield Buffer.from(tail);
  }

  return { contentType: `multipart/form-data; boundary=${boundary}`, body: ReadableStream.from(pieces()) };
}

function* chunksOfLines(lines: readonly string[]): Generator<Uint8Array> {
  let pending: string[] = [];
  let chars = 0;
  for (const line of lines) {
    pending.push(line, '\n');
    chars += line.length + 1;
    if (chars < CHUNK_CHARS) continue;
    yield Buffer.from(pending.join(''));
    pending = [];
    chars = 0;
  }
  if (chars > 0) yield Buffer.from(pending.join(''));
}
