import type { ApiErrorCode } from '@sluice/contracts';

/** What every route in a vendor's shape may answer before its job runs. */
export const FRONT_DOOR_ERRORS: readonly ApiErrorCode[] = [
  'invalid_json',
  'invalid_request',
  'unsupported_option',
  'body_too_deep',
  'unknown_route',
  'unknown_target',
  'unknown_model',
  'no_eligible_target',
  'invalid_webhook_url',
  'body_too_large',
  'unsupported_media_type',
  'idempotency_key_reused',
  'tenant_queue_full',
  'key_quota_exceeded',
  'too_many_streams',
  'redis_full',
  'shutting_down',
];

/** How long a caller who waits is worked for when it does not say: the default timeout of OpenAI's clients. */
export const WAITING_CALLER = { within: '10m' } as const;
