import { ApiError, qualitySchema, QUALITIES, type Quality } from '@sluice/contracts';
import type { IncomingHttpHeaders } from 'node:http';

export const QUALITY_HINT = 'x-quality-hint';

/**
 * The quality that a header asks for; undefined without one.
 * @throws ApiError `invalid_request`.
 */
export function readQualityHint(headers: IncomingHttpHeaders): Quality | undefined {
  const hint = headers[QUALITY_HINT];
  if (hint === undefined) return undefined;
  const parsed = qualitySchema.safeParse(String(hint).trim().toLowerCase());
  if (parsed.success) return parsed.data;
  throw new ApiError('invalid_request', `${QUALITY_HINT} must be one of ${QUALITIES.join(', ')}.`, {
    param: QUALITY_HINT,
  });
}
