import { randomText } from '../random-text.ts';
import type { VendorWire } from '../vendor-wire.ts';
import { googleContent } from './google-content.ts';
import { googleError } from './google-error.ts';
import { googleFrames } from './google-frames.ts';
import { parseGoogleRequest } from './parse-google-request.ts';

const CALL = /^\/v1(?:beta)?\/models\/([^/:]+):(generateContent|streamGenerateContent)$/;

/** Gemini's generateContent. Streams are served as SSE (`alt=sse`), the form that its clients ask for. */
export function googleWire(): VendorWire {
  return {
    endpoint(method, path, query) {
      if (/^\/v1(?:beta)?\/models$/.test(path) && method === 'GET') return { status: 'models' };
      const match = CALL.exec(path);
      if (!match) return { status: 'unknown' };
      if (method !== 'POST') return { status: 'wrong_method' };
      const stream = match[2] === 'streamGenerateContent';
      if (stream && query.get('alt') !== 'sse') return { status: 'unknown' };
      return { status: 'chat', model: match[1]!, stream };
    },
    newRequestId: () => randomText(22),
    newToolCallId: () => randomText(8).toLowerCase(),
    apiKey(headers, query) {
      const key = headers['x-goog-api-key'];
      if (typeof key === 'string' && key !== '') return key;
      const inQuery = query.get('key');
      return inQuery === '' ? null : inQuery;
    },
    parse: parseGoogleRequest,
    error: googleError,
    headers: () => ({
      vary: 'Origin, X-Origin, Referer',
      server: 'scaffolding on HTTPServer2',
      'x-xss-protection': '0',
      'x-frame-options': 'SAMEORIGIN',
      'x-content-type-options': 'nosniff',
    }),
    completionHeaders: ({ chat }) => ({ 'x-gemini-service-tier': chat.serviceTier ?? 'standard' }),
    plain: (completion) => ({
      contentType: 'application/json; charset=UTF-8',
      body: googleContent(completion),
    }),
    streamContentType: 'text/event-stream',
    frames: googleFrames,
    refusalText: '',
    errorFrame: (context) =>
      `data: ${JSON.stringify(JSON.parse(googleError('unavailable', context).body))}\r\n\r\n`,
    models: (names) =>
      JSON.stringify({
        models: names.map((name) => ({
          name: `models/${name}`,
          displayName: name,
          supportedGenerationMethods: ['generateContent', 'streamGenerateContent'],
        })),
      }),
  };
}
