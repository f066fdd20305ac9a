import type { RenderedRequest } from '../call/run-call.ts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';
import { safeMessage } from '../errors/safe-message.ts';
import { UnsendableRequest } from '../errors/unsendable-request.ts';
import type { ProviderCall } from '../provider-adapter.ts';
import { lineCall } from './line-call.ts';
import type { BatchLine, RenderedLine } from './provider-batch-adapter.ts';

/** Renders a line by the code of the vendor's live calls. Never rejects. */
export async function renderLine<Body>(
  line: BatchLine,
  {
    vendor,
    apiKey,
    toRequest,
    toLine,
  }: {
    vendor: string;
    apiKey: string | null;
    toRequest(call: ProviderCall): RenderedRequest<Body> | Promise<RenderedRequest<Body>>;
    /** The object that the vendor's file has for it. */
    toLine(body: Body): object;
  },
): Promise<RenderedLine> {
  const { customId } = line;
  const { call, warnings } = lineCall(line);
  try {
    const rendered = await toRequest(call);
    const json = JSON.stringify(toLine(rendered.body));
    return { status: 'ok', customId, json, warnings: [...rendered.warnings, ...warnings] };
  } catch (thrown) {
    const message = safeMessage(thrown instanceof Error ? thrown.message : String(thrown), apiKey);
    const error =
      thrown instanceof UnsendableRequest
        ? attemptErrorOf({ code: 'invalid_request', message, failover: true })
        : attemptErrorOf({
            code: 'unknown',
            message: `${vendor}: the request could not be made: ${message}`,
          });
    return { status: 'refused', customId, error, warnings };
  }
}
