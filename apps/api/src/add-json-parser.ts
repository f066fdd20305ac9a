import { ApiError } from '@sluice/contracts';
import type { ApiServer } from './api-server.ts';
import { jsonDepthExceeds } from './json-depth-exceeds.ts';

/**
 * Takes `application/json` alone. An empty body is no body, whatever the content type says: OpenAI's Python
 * client sends `content-type: application/json` without a body on cancel, which Fastify's own parser refuses.
 */
export function addJsonParser(app: ApiServer, { maxBodyDepth }: { maxBodyDepth: number }): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body as string;
    if (text.trim() === '') return done(null, undefined);
    if (jsonDepthExceeds(text, maxBodyDepth)) {
      return done(new ApiError('body_too_deep', `The body nests deeper than ${maxBodyDepth} levels.`));
    }
    return parse(request, text, (error, value) => {
      if (error && isJson(text)) return done(forbiddenMember());
      done(error, value);
    });
  });
}

/** What Fastify's parser refuses although it is JSON would change the prototype of whoever copies it. */
function forbiddenMember(): ApiError {
  return new ApiError(
    'invalid_request',
    'The body has a member "__proto__", or "constructor" with a "prototype"; neither is taken, at any depth.',
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
