import type { Readable } from 'node:stream';
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

/** A body that is not there at all is an empty one. When its reader stops early, the rest is dropped. */
export async function* streamedBody(body: unknown): AsyncGenerator<Uint8Array, void, undefined> {
  if (!body) return;
  const stream = body as Readable;
  try {
    yield* stream.iterator({ destroyOnReturn: false });
  } finally {
    dropRest(stream);
  }
}

export function isNdjson(contentType: string | undefined): boolean {
  return NDJSON.includes((contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '');
}
