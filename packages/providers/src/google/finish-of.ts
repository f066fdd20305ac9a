import type { AttemptErrorCode, FinishReason } from '@sluice/contracts';

export type Finish =
  | { status: 'ok'; finishReason: FinishReason }
  | { status: 'error'; code: AttemptErrorCode; what: string };

const BLOCKED: ReadonlySet<string> = new Set([
  'SAFETY',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'IMAGE_SAFETY',
  'RECITATION',
]);
const BROKEN: ReadonlySet<string> = new Set(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL']);
const UNEXPLAINED: ReadonlySet<string> = new Set(['OTHER', 'LANGUAGE', 'FINISH_REASON_UNSPECIFIED']);

/** What Gemini's `finishReason` means. Source: Gemini API reference, "FinishReason". New ones count as an end. */
export function finishOf(reason: string): Finish {
  if (reason === 'MAX_TOKENS') return { status: 'ok', finishReason: 'length' };
  if (BLOCKED.has(reason)) {
    return { status: 'error', code: 'content_filter', what: `blocked the answer: finishReason ${reason}` };
  }
  if (BROKEN.has(reason))
    return { status: 'error', code: 'malformed_response', what: `ended with ${reason}` };
  if (UNEXPLAINED.has(reason))
    return { status: 'error', code: 'unknown', what: `stopped: finishReason ${reason}` };
  return { status: 'ok', finishReason: 'stop' };
}
