import { randomText } from '../random-text.ts';
import type { VendorWire } from '../vendor-wire.ts';
import { anthropicError } from './anthropic-error.ts';
import { anthropicFrames } from './anthropic-frames.ts';
import { anthropicHeaders } from './anthropic-headers.ts';
import { anthropicMessage } from './anthropic-message.ts';
import { parseAnthropicRequest } from './parse-anthropic-request.ts';

/** Anthropic's Messages API. */
export function anthropicWire(): VendorWire {
  return {
    endpoint(method, path) {
      if (path === '/v1/models') return method === 'GET' ? { status: 'models' } : { status: 'wrong_method' };
      if (path !== '/v1/messages') return { status: 'unknown' };
      return method === 'POST' ? { status: 'chat', model: null, stream: null } : { status: 'wrong_method' };
    },
    newRequestId: () => `req_011C${randomText(20)}`,
    newToolCallId: () => `toolu_01${randomText(22)}`,
    apiKey(headers) {
      // Both headers sent: x-api-key wins.
      const key = headers['x-api-key'];
      if (typeof key === 'string' && key !== '') return key;
      return /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? null;
    },
    parse: (body, _endpoint, context) => parseAnthropicRequest(body, context),
    error: anthropicError,
    headers: anthropicHeaders,
    completionHeaders: () => ({}),
    plain: (completion) => ({ contentType: 'application/json', body: anthropicMessage(completion) }),
    streamContentType: 'text/event-stream; charset=utf-8',
    frames: anthropicFrames,
    refusalText: '',
    errorFrame: (context) => `event: error\ndata: ${anthropicError('overloaded', context).body}\n\n`,
    models: (names) =>
      JSON.stringify({
        data: names.map((id) => ({
          type: 'model',
          id,
          display_name: id,
          created_at: '2025-10-01T00:00:00Z',
        })),
        has_more: false,
        first_id: names[0] ?? null,
        last_id: names.at(-1) ?? null,
      }),
  };
}
