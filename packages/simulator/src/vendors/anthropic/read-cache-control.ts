import { anthropicFields } from './anthropic-fields.ts';
import { AnthropicInvalid } from './anthropic-invalid.ts';

/** How long the prefix that ends here shall be cached; null when it is not marked. `at` is empty for the request itself. */
export function readCacheControl(value: unknown, at: string): '5m' | '1h' | null {
  if (value === undefined || value === null) return null;
  const place = at === '' ? 'cache_control' : `${at}.cache_control`;
  const control = anthropicFields(value, place, ['type', 'ttl']);
  if (control['type'] !== 'ephemeral') {
    throw new AnthropicInvalid(
      `${place}: Input tag '${String(control['type'])}' found using 'type' does not match any of the expected tags: 'ephemeral'`,
    );
  }
  const ttl = control['ttl'] ?? '5m';
  if (ttl !== '5m' && ttl !== '1h') {
    throw new AnthropicInvalid(`${place}.ephemeral.ttl: Input should be '5m' or '1h'`);
  }
  return ttl;
}
