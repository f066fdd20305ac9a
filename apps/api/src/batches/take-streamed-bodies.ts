import type { Readable } from 'node:stream';
import { ApiError } from '@sluice/contracts';
import type { ApiServer } from '../api-server.ts';
import { dropRest } from './drop-rest.ts';

const NDJSON = ['application/x-ndjson', 'application/jsonl', 'application/ndjson'];

/** From here on bodies (`json`: also JSON) reach the handlers of this scope as streams, unread and of any length. */
export function takeStreamedBodies(app: ApiServer, { json = true }: { json?: boolean } = {}): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(json ? ['application/json', ...NDJSON] : NDJSON, (_request, payload, done) =>
    done(null, payload),
  );
  // The routes' schemas describe what is sent; whoever reads the stream checks it.
  app.setValidatorCompiler(() => (value: unknown) => ({ value }));
}

/**
 * A body that is not there at all is an empty one. When its reader stops early, the rest is dropped. Bounded whatever
 * its reader keeps of it: blanks, and lines that are too long, are read without being stored.
 * @throws ApiError `body_too_large`.
 */
export async function* streamedBody(
  body: unknown,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (!body) return;
  const stream = body as Readable;
  try {
    let received = 0;
    for await (const piece of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      received += piece.length;
      if (received > maxBytes) {
        throw new ApiError('body_too_large', `The body is larger than ${maxBytes} bytes.`);
      }
      yield piece;
    }
  } finally {
    dropRest(stream);
  }
}

export function isNdjson(contentType: string | undefined): boolean {
  return NDJSON.includes((contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '');
}
