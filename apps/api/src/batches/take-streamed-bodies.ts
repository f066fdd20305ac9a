import type { Readable } from 'node:stream';
import type { ApiServer } from '../api-server.ts';

const NDJSON = ['application/x-ndjson', 'application/jsonl', 'application/ndjson'];

/** From here on bodies reach the handlers of this scope as streams, unread and of any length. */
export function takeStreamedBodies(app: ApiServer): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(['application/json', ...NDJSON], (_request, payload, done) => done(null, payload));
  // The routes' schemas describe the bodies; whoever reads the stream checks them.
  app.setValidatorCompiler(() => (value: unknown) => ({ value }));
}

/**
 * A body that is not there at all is an empty one. Whoever stops reading leaves the connection open, so that the caller
 * can be told why.
 */
export async function* streamedBody(body: unknown): AsyncGenerator<Uint8Array, void, undefined> {
  if (body) yield* (body as Readable).iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
}

export function isNdjson(contentType: string | undefined): boolean {
  return NDJSON.includes((contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '');
}
