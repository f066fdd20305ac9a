import { parseTarget, type ChatRequest, type Target, type Usage } from '@sluice/contracts';
import type { WarmPrompts } from '@sluice/broker';
import { promptPrefix } from '@sluice/core';
import type { Metrics } from '@sluice/runtime';

export interface KeyOrder {
  /** The preferred one first. */
  keys: readonly string[];
  /** The call was made with a key, and the provider says what it took. */
  served(key: string, usage: Usage): void;
}

export interface PreferWarmKeyDeps {
  warmPrompts: WarmPrompts;
  metrics: Pick<Metrics, 'affinityCall'>;
  onError: (error: unknown) => void;
}

/**
 * The keys of a call, with the one first that has served a prompt of the same beginning lately: its provider may still
 * have it in its cache. Only long prompts and pools ask for that, and Redis only for what this process has not seen.
 */
export async function preferWarmKey(
  { target, request, keys }: { target: Target; request: ChatRequest; keys: readonly string[] },
  { warmPrompts, metrics, onError }: PreferWarmKeyDeps,
): Promise<KeyOrder> {
  const parts = parseTarget(target);
  const prefix = keys.length > 1 && parts ? promptPrefix(request) : null;
  if (prefix === null || !parts) return { keys, served() {} };
  const place = { ...parts, prefix };
  const warm = await warmPrompts.keyFor(place).catch((error: unknown) => {
    onError(error);
    return null;
  });
  const isUsable = warm !== null && keys.includes(warm);
  return {
    keys: isUsable ? [warm, ...keys.filter((key) => key !== warm)] : keys,
    served(key, usage) {
      if (isUsable && key === warm) {
        metrics.affinityCall({
          provider: parts.provider,
          promptTokens: usage.prompt_tokens,
          cacheReadTokens: usage.cache_read_tokens,
        });
      }
      warmPrompts.served(place, key).catch(onError);
    },
  };
}
