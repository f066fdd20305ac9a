import { ApiError } from '@sluice/contracts';

export function keyBodyTooLarge(maxBytes: number): ApiError {
  return new ApiError('body_too_large', `This key may send ${maxBytes} bytes in one request.`);
}
