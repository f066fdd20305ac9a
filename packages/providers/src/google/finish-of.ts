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
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
  'RECITATION',
]);
const BROKEN: ReadonlySet<string> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'MALFORMED_RESPONSE',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
]);
const UNEXPLAINED: ReadonlySet<string> = new Set([
  'OTHER',
  'LANGUAGE',
  'FINISH_REASON_UNSPECIFIED',
  'IMAGE_OTHER',
  'NO_IMAGE',
]);

/** What Gemini's `finishReason` means. Source: Gemini API reference, "FinishReason". New ones count as an end. */
export function finishOf(
  reason: string,
  { categories, message }: { categories: readonly string[]; message: string | null },
): Finish {
  if (reason === 'MAX_TOKENS') return { status: 'ok', finishReason: 'length' };
  const details = [
    ...(categories.length > 0 ? [`categories: ${categories.join(', ')}`] : []),
    ...(message ? [message] : []),
  ];
  const named = [`finishReason ${reason}`, ...details].join('; ');
  if (BLOCKED.has(reason)) {
    return { status: 'error', code: 'content_filter', what: `blocked the answer: ${named}` };
  }
  if (BROKEN.has(reason))
    return {
      status: 'error',
      code: 'malformed_response',
      what: `ended with ${[reason, ...details].join('; ')}`,
    };
  if (UNEXPLAINED.has(reason)) return { status: 'error', code: 'unknown', what: `stopped: ${named}` };
  return { status: 'ok', finishReason: 'stop' };
}
