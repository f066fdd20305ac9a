import type { PermitRequest } from './provider-limiter.ts';

/** Names of the scopes that a call belongs to, as the scripts store them. */
export interface ScopeNames {
  model: string;
  key: string;
  /** The key as it stands in a grant; `-` for none. */
  keyToken: string;
}

export function scopeNames({ model, key = null }: { model: string; key?: string | null }): ScopeNames {
  const keyToken = key === null || key === '' ? '-' : encodeURIComponent(key);
  return { model: `model:${model}`, key: `key:${keyToken}`, keyToken };
}

/** The keys of which a call may take one, as they stand in a grant; `-` alone for none. */
export function keyTokens(key: PermitRequest['key']): readonly string[] {
  const names = typeof key === 'string' || !key ? [key ?? ''] : key;
  const tokens = names.filter((name) => name !== '').map(encodeURIComponent);
  return tokens.length === 0 ? ['-'] : tokens;
}

/** The name of a key as it stands in a grant; null for `-`. */
export function keyOfToken(token: string): string | null {
  return token === '-' ? null : decodeURIComponent(token);
}
