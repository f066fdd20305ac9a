import type { CallMonitor } from '../call/call-monitor.ts';
import { runCall } from '../call/run-call.ts';
import { sdkOptions } from '../call/sdk-options.ts';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import type { MediaSource } from '../media/media-source.ts';
import type { ProviderAdapter, ProviderCall } from '../provider-adapter.ts';
import { createHttpPool } from '../transport/http-pool.ts';
import { createClient } from './create-client.ts';
import { fetchFiles } from './fetch-files.ts';
import { fromResponse } from './from-response.ts';
import { fromStream } from './from-stream.ts';
import type { OpenAiProfile } from './openai-profile.ts';
import { toBrokerError } from './to-broker-error.ts';
import { toRequest, type OpenAiBody } from './to-request.ts';

export interface OpenAiAdapterOptions {
  profile: OpenAiProfile;
  apiKey: string | null;
  baseUrl: string;
  /** For files by URL, which the format does not know. Owned: closed with the adapter. */
  media: MediaSource;
}

/** The OpenAI chat-completions format, at OpenAI or at a server that speaks it. Owns its connections. */
export function createOpenAiAdapter({
  profile,
  apiKey,
  baseUrl,
  media,
}: OpenAiAdapterOptions): ProviderAdapter {
  const vendor = profile.kind;
  const pool = createHttpPool();
  const client = createClient({ apiKey, baseUrl, pool });

  async function send(
    body: OpenAiBody,
    { call, monitor }: { call: ProviderCall; monitor: CallMonitor },
  ): Promise<VendorAnswer> {
    const { model, onDelta } = call;
    const answer = client.chat.completions.create(body, sdkOptions(monitor, pool));
    await answer.asResponse();
    monitor.sawHeaders();
    const content: unknown = await answer;
    return onDelta
      ? fromStream(content as AsyncIterable<unknown>, { vendor, model, monitor, onDelta })
      : fromResponse(content, { vendor, model });
  }

  return {
    call: (call) =>
      runCall(call, {
        vendor,
        apiKey,
        toRequest: async (input, { signal }) => {
          const files = await fetchFiles(input.request, () => media.reader({ vendor, signal }));
          return toRequest(input, { profile, files });
        },
        send: (body, monitor) => send(body, { call, monitor }),
        toBrokerError: (error, monitor) => toBrokerError(error, { vendor, monitor }),
      }),
    async close() {
      await pool.close();
      await media.close();
    },
  };
}
