/** Every key has the hash tag `{provider}`, so that one script may use all of them on a Redis Cluster. */
export interface LimiterKeys {
  limits: string;
  state: string;
  leases: string;
  grants: string;
}

export function limiterKeys(prefix: string, provider: string): LimiterKeys {
  const base = `${prefix}:limit:{${provider}}`;
  return {
    limits: `${base}:limits`,
    state: `${base}:state`,
    leases: `${base}:leases`,
    grants: `${base}:grants`,
  };
}
