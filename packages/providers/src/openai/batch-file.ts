import { randomUUID } from 'node:crypto';
import { joinedLines } from '../batch/joined-lines.ts';

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

  const { body } = joinedLines(lines, { head, between: '\n', tail });
  return { contentType: `multipart/form-data; boundary=${boundary}`, body };
}
