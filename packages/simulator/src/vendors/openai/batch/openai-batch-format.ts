import { randomBytes } from 'node:crypto';
import type { BatchFormat } from '../../../batch/simulated-batch.ts';

interface FileLine {
  custom_id: string;
  body: { model?: unknown };
}

const UNREACHED = {
  expired: {
    code: 'batch_expired',
    message: 'This request could not be executed before the completion window expired.',
  },
  cancelled: {
    code: 'batch_cancelled',
    message: 'This request was cancelled before it could be executed.',
  },
} as const;

/**
 * Lines of OpenAI's batch files. A refusal of the model stands in `response` with `error: null`; `error` is for lines
 * that never ran. The code `batch_cancelled` and its text are not verified at the vendor.
 */
export const openaiBatchFormat: BatchFormat = {
  readLine(text) {
    const { custom_id: customId, body } = JSON.parse(text) as FileLine;
    return { customId, model: typeof body.model === 'string' ? body.model : null, body };
  },
  writeResult(customId, outcome) {
    const id = `batch_req_${randomBytes(16).toString('hex')}`;
    if (outcome.status !== 'answered') {
      const line = { id, custom_id: customId, response: null, error: UNREACHED[outcome.status] };
      return { sink: 'error', text: JSON.stringify(line) };
    }
    const { answer, requestId } = outcome;
    const response = {
      status_code: answer.status,
      request_id: requestId.replace(/^req_/, ''),
      body: JSON.parse(answer.body) as unknown,
    };
    return {
      sink: answer.status === 200 ? 'output' : 'error',
      text: JSON.stringify({ id, custom_id: customId, response, error: null }),
    };
  },
};
