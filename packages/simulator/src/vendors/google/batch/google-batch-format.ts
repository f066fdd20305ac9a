import type { BatchFormat } from '../../../batch/simulated-batch.ts';

interface RequestLine {
  key?: string;
  request: unknown;
}

/** google.rpc.Code of an HTTP status. */
const RPC_CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  429: 8,
  500: 13,
  503: 14,
  504: 4,
};

/** Lines of Gemini's batches. A line that was not run has no result. */
export function googleBatchFormat({ model, inline }: { model: string; inline: boolean }): BatchFormat {
  return {
    readLine(text) {
      const { key = '', request } = JSON.parse(text) as RequestLine;
      return { customId: key, model, body: request };
    },
    writeResult(customId, outcome) {
      if (outcome.status !== 'answered') return null;
      const named = inline ? { metadata: { key: customId } } : { key: customId };
      const body = JSON.parse(outcome.answer.body) as { error?: { message: string; details?: object[] } };
      if (outcome.answer.status === 200) {
        return { sink: 'output', text: JSON.stringify({ ...named, response: body }) };
      }
      const error = {
        code: RPC_CODES[outcome.answer.status] ?? 2,
        message: body.error?.message ?? '',
        ...(body.error?.details ? { details: body.error.details } : {}),
      };
      return { sink: 'output', text: JSON.stringify({ ...named, error }) };
    },
  };
}
