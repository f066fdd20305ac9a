import type { BatchFormat } from '../../../batch/simulated-batch.ts';

interface RequestLine {
  custom_id: string;
  params: { model?: unknown };
}

/** Requests and results of Anthropic's batches; what was not run stands among the results. */
export const anthropicBatchFormat: BatchFormat = {
  readLine(text) {
    const { custom_id: customId, params } = JSON.parse(text) as RequestLine;
    return { customId, model: typeof params.model === 'string' ? params.model : null, body: params };
  },
  writeResult(customId, outcome) {
    const write = (result: object): { sink: 'output'; text: string } => ({
      sink: 'output',
      text: JSON.stringify({ custom_id: customId, result }),
    });
    if (outcome.status === 'expired') return write({ type: 'expired' });
    if (outcome.status === 'cancelled') return write({ type: 'canceled' });
    const body = JSON.parse(outcome.answer.body) as object;
    return outcome.answer.status === 200
      ? write({ type: 'succeeded', message: body })
      : write({ type: 'errored', error: { ...body, request_id: null } });
  },
};
