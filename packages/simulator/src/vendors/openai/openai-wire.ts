import { randomBytes } from 'node:crypto';
import type { VendorWire } from '../vendor-wire.ts';
import { randomText } from '../random-text.ts';
import { openaiCompletion } from './openai-completion.ts';
import { openaiError } from './openai-error.ts';
import { openaiFrames } from './openai-frames.ts';
import { openaiHeaders } from './openai-headers.ts';
import { parseOpenaiRequest } from './parse-openai-request.ts';

/** OpenAI's chat completions; `lenient` for servers that are compatible with it. */
export function openaiWire({ lenient }: { lenient: boolean }): VendorWire {
  return {
    endpoint(method, path) {
      if (path === '/v1/models') return method === 'GET' ? { status: 'models' } : { status: 'wrong_method' };
      if (path !== '/v1/chat/completions') return { status: 'unknown' };
      return method === 'POST' ? { status: 'chat', model: null, stream: null } : { status: 'wrong_method' };
    },
    newRequestId: () => `req_${randomBytes(16).toString('hex')}`,
    newToolCallId: () => `call_${randomText(24)}`,
    apiKey(headers) {
      const match = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '');
      // Local servers run without keys.
      return match?.[1] ?? (lenient ? 'none' : null);
    },
    parse: (body, _endpoint, context) => parseOpenaiRequest(body, context, { lenient }),
    error: openaiError,
    headers: (context, states) =>
      lenient ? { 'x-request-id': context.requestId } : openaiHeaders(context, states),
    completionHeaders: () => ({}),
    plain: (completion) => ({ contentType: 'application/json', body: openaiCompletion(completion) }),
    streamContentType: 'text/event-stream; charset=utf-8',
    frames: openaiFrames,
    refusalText: "I'm sorry, but I can't help with that request.",
    errorFrame: (context) =>
      `data: ${JSON.stringify(JSON.parse(openaiError('server_error', context).body))}\n\n`,
    models: (names) =>
      JSON.stringify({
        object: 'list',
        data: names.map((id) => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'system' })),
      }),
  };
}
