import { ApiError, MAX_BATCH_LINES } from '@sluice/contracts';
import { jsonDepthExceeds } from '../json-depth-exceeds.ts';
import { MAX_LINE_BYTES, MAX_LINE_DEPTH } from './batch-limits.ts';
import { createYielder } from './create-yielder.ts';
import { readLines } from './read-lines.ts';
import { splitRequests } from './split-requests.ts';

export type InlinePart =
  /** The fields that came before the requests. */
  | { kind: 'head'; value: Record<string, unknown> }
  /** One element of `requests`, parsed. */
  | { kind: 'request'; value: Record<string, unknown>; index: number }
  /** All other fields; `hasRequests` tells whether there were any. */
  | { kind: 'options'; value: Record<string, unknown>; hasRequests: boolean };

/**
 * The parts of a body that brings its requests along: one JSON object with `requests`, or, as
 * `application/x-ndjson`, the options in the first line and one request in each further one.
 * @throws ApiError `invalid_json`, `invalid_request`, `body_too_large`, `body_too_deep`, `too_many_lines`.
 */
export async function* readInlineBody(
  body: AsyncIterable<Uint8Array>,
  { isNdjson }: { isNdjson: boolean },
): AsyncGenerator<InlinePart, void, undefined> {
  const turn = createYielder();
  let index = 0;
  const toRequest = (text: string, param: string): InlinePart => {
    const value = parseObject(text, param);
    index += 1;
    return { kind: 'request', value, index: index - 1 };
  };
  if (!isNdjson) {
    for await (const part of splitRequests(body)) {
      await turn();
      if (part.kind === 'request') yield toRequest(part.text, `requests.${index}`);
      else if (part.kind === 'head') yield { kind: 'head', value: parseObject(part.text, 'body') };
      else {
        const { requests: _requests, ...value } = parseObject(part.text, 'body');
        yield { kind: 'options', value, hasRequests: part.hasRequests };
      }
    }
    return;
  }
  let options: Record<string, unknown> | null = null;
  for await (const lines of readLines(body, { maxLineBytes: MAX_LINE_BYTES })) {
    for (const { text, fault, number } of lines) {
      await turn();
      // Blank lines count, or a body of them alone would be read for long.
      if (number > 2 * MAX_BATCH_LINES) {
        throw new ApiError('too_many_lines', `The body has more than ${2 * MAX_BATCH_LINES} lines.`);
      }
      if (fault === 'too_long') {
        throw new ApiError('body_too_large', `Line ${number} is longer than ${MAX_LINE_BYTES} bytes.`);
      }
      if (fault === null && text.trim() === '') continue;
      if (options === null) {
        options = parseObject(text, 'the first line');
        yield { kind: 'head', value: options };
      } else yield toRequest(text, `line ${number}`);
    }
  }
  if (options === null) throw new ApiError('invalid_request', 'The body is empty.', { param: 'body' });
  yield { kind: 'options', value: options, hasRequests: true };
}

function parseObject(text: string, param: string): Record<string, unknown> {
  if (jsonDepthExceeds(text, MAX_LINE_DEPTH)) {
    throw new ApiError('body_too_deep', `${param} nests deeper than ${MAX_LINE_DEPTH} levels.`, { param });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ApiError('invalid_json', `${param} is not well-formed JSON.`, { param });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ApiError('invalid_request', `${param} must be an object.`, { param });
  }
  return value as Record<string, unknown>;
}
