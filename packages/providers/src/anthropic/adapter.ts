import type { CallMonitor } from '../call/call-monitor.ts';
import { runCall } from '../call/run-call.ts';
import { sdkOptions } from '../call/sdk-options.ts';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import type { ProviderAdapter, ProviderCall } from '../provider-adapter.ts';
import { createHttpPool } from '../transport/http-pool.ts';
import { createClient } from './create-client.ts';
import { fromResponse } from './from-response.ts';
import { fromStream } from './from-stream.ts';
import { toBrokerError } from './to-broker-error.ts';
import { toRequest, type AnthropicBody } from './to-request.ts';

export const ANTHROPIC_BASE_URL = 'https://api.anthropic.com';

const VENDOR = 'anthropic';
const MESSAGES_PATH = '/v1/messages';

/** Anthropic's Messages API. Owns its connections. */
export function createAnthropicAdapter({
  apiKey,
  baseUrl,
}: {
  apiKey: string | null;
  baseUrl: string;
}): ProviderAdapter {
  const pool = createHttpPool();
  const client = createClient({ apiKey, baseUrl, pool });

  async function send(
    { params, answerTool }: AnthropicBody,
    { call, monitor }: { call: ProviderCall; monitor: CallMonitor },
  ): Promise<VendorAnswer> {
    const { model, onDelta } = call;
    // Not `messages.create`, which writes to stderr at every call of a model that is about to end, and makes
    // headers of fields that callers may set.
    const answer = client.post<unknown>(MESSAGES_PATH, {
      body: params,
      stream: onDelta !== undefined,
      ...sdkOptions(monitor, pool),
    });
    await answer.asResponse();
    monitor.sawHeaders();
    const content: unknown = await answer;
    return onDelta
      ? fromStream(content as AsyncIterable<unknown>, { vendor: VENDOR, model, answerTool, monitor, onDelta })
      : fromResponse(content, { vendor: VENDOR, model, answerTool });
  }

  return {
    call: (call) =>
      runCall(call, {
        vendor: VENDOR,
        apiKey,
        toRequest,
        send: (body, monitor) => send(body, { call, monitor }),
        toBrokerError: (error, monitor) => toBrokerError(error, { vendor: VENDOR, monitor }),
      }),
    close: () => pool.close(),
  };
}
