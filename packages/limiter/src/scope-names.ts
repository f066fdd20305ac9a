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
