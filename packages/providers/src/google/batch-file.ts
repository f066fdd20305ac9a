import { randomUUID } from 'node:crypto';
import { joinedLines } from '../batch/joined-lines.ts';

/**
 * The body of `POST /upload/v1beta/files`: metadata and lines in one request, made while it is sent.
 * Source: Google APIs, "Upload files": protocol `multipart`.
 */
export function relatedFile(
  lines: readonly string[],
  { displayName }: { displayName: string },
): { headers: Record<string, string>; body: ReadableStream<Uint8Array> } {
  const boundary = `sluice-${randomUUID()}`;
  const metadata = JSON.stringify({ file: { display_name: displayName } });
  const head =
    `--${boundary}\r\nContent-Type: application/json; charset=utf-8\r\n\r\n${metadata}\r\n` +
    `--${boundary}\r\nContent-Type: application/jsonl\r\n\r\n`;
  const { body, bytes } = joinedLines(lines, { head, between: '\n', tail: `\r\n--${boundary}--\r\n` });
  return {
    headers: {
      'content-type': `multipart/related; boundary=${boundary}`,
      'content-length': String(bytes),
      'x-goog-upload-protocol': 'multipart',
    },
    body,
  };
}
