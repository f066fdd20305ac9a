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
  {
    target,
    request,
    keys,
    isRouted,
  }: {
    target: Target;
    request: ChatRequest;
    keys: readonly string[];
    /** A route chose the target, and may choose it for the next one. */
    isRouted: boolean;
  },
  { warmPrompts, metrics, onError }: PreferWarmKeyDeps,
): Promise<KeyOrder> {
  const parts = parseTarget(target);
  const prefix = (keys.length > 1 || isRouted) && parts ? promptPrefix(request) : null;
  if (prefix === null || !parts) return { keys, served() {} };
  const place = { ...parts, prefix };
  const ask = async (): Promise<string | null> => {
    try {
      return await warmPrompts.keyFor(place);
    } catch (error) {
      onError(error);
      return null;
    }
  };
  const warm = keys.length > 1 ? await ask() : null;
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
      if (keys.length > 1) warmPrompts.served(place, key).catch(onError);
      if (isRouted) warmPrompts.servedAt(prefix, target).catch(onError);
    },
  };
}
