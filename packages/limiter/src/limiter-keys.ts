/** Every key has the hash tag `{provider}`, so that one script may use all of them on a Redis Cluster. */
export interface LimiterKeys {
  limits: string;
  state: string;
  leases: string;
  grants: string;
  holders: string;
  queued: string;
  /** Pub/sub: `limits <revision>` and `paused <microseconds> <key> <model>`. Only a wake-up: what is stored is the truth. */
  channel: string;
}

export function limiterKeys(prefix: string, provider: string): LimiterKeys {
  const base = `${prefix}:limit:{${provider}}`;
  return {
    limits: `${base}:limits`,
    state: `${base}:state`,
    leases: `${base}:leases`,
    grants: `${base}:grants`,
    holders: `${base}:holders`,
    queued: `${base}:queued`,
    channel: `${base}:changes`,
  };
}
