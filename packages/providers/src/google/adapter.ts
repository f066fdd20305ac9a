import type { CallMonitor } from '../call/call-monitor.ts';
import { runCall } from '../call/run-call.ts';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import type { MediaSource } from '../media/media-source.ts';
import type { ProviderAdapter, ProviderCall } from '../provider-adapter.ts';
import { fromResponse } from './from-response.ts';
import { fromStream } from './from-stream.ts';
import type { GoogleBody } from './google-body.ts';
import { createGoogleTransport } from './google-transport.ts';
import { isModelName, noSuchModel } from './model-name.ts';
import { servedTier } from './served-tier.ts';
import { toBrokerError } from './to-broker-error.ts';
import { toRequest } from './to-request.ts';

export const GOOGLE_BASE_URL = 'https://generativelanguage.googleapis.com';

const VENDOR = 'google';
const NO_KEY = 'none';
/** Google's Gemini API. */
export function createGoogleAdapter({
  apiKey,
  baseUrl,
  media,
}: {
  apiKey: string | null;
  baseUrl: string;
  /** For files by URL, which Gemini does not read. Owned: closed with the adapter. */
  media: MediaSource;
}): ProviderAdapter {
  const transport = createGoogleTransport({ apiKey: apiKey || NO_KEY, baseUrl: baseUrl.replace(/\/+$/, '') });

  async function send(
    body: GoogleBody,
    { call, monitor }: { call: ProviderCall; monitor: CallMonitor },
  ): Promise<VendorAnswer> {
    const { model, onDelta } = call;
    if (!isModelName(model)) return { status: 'error', error: noSuchModel(model), usage: null };
    const request = { model, body, monitor };
    if (!onDelta) {
      const { answer, header } = await transport.generate(request);
      return fromResponse(answer, { vendor: VENDOR, model, monitor, serviceTier: servedTier(header) });
    }
    const { answer, header } = await transport.stream(request);
    const serviceTier = servedTier(header);
    return fromStream(answer, { vendor: VENDOR, model, monitor, onDelta, serviceTier });
  }

  return {
    call: (call) =>
      runCall(call, {
        vendor: VENDOR,
        apiKey,
        toRequest: (asked, { signal }) => toRequest(asked, media.reader({ vendor: VENDOR, signal })),
        send: (body, monitor) => send(body, { call, monitor }),
        toBrokerError: (error, monitor) => toBrokerError(error, { vendor: VENDOR, monitor }),
      }),
    async close() {
      transport.close();
      await media.close();
    },
  };
}
