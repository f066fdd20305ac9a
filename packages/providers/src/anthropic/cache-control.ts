import type { CacheControlEphemeral } from '@anthropic-ai/sdk/resources/messages';
import type { CacheControl } from '@sluice/contracts';

/** The field as Anthropic takes it; nothing for none. The canonical request has the same form. */
export function cacheControl(control: Readonly<CacheControl> | null | undefined): {
  cache_control?: CacheControlEphemeral;
} {
  if (!control) return {};
  return { cache_control: { type: 'ephemeral', ...(control.ttl === undefined ? {} : { ttl: control.ttl }) } };
}
