import type { DurabilityMode } from '@sluice/contracts';
import type { RedisFacts } from './read-redis-facts.ts';

/**
 * The mode that can be kept with this Redis: `fsync` needs the append-only file, and either `appendfsync always` or
 * WAITAOF (Redis 7.2). Without them a submit is as safe as Redis' own settings make it, which is `memory`.
 * `replicated` is never lowered: without a replica submits are refused.
 */
export function durabilityInForce(facts: RedisFacts, configured: DurabilityMode): DurabilityMode {
  if (configured !== 'fsync') return configured;
  return facts.aofEnabled && (facts.appendfsync === 'always' || hasWaitAof(facts)) ? 'fsync' : 'memory';
}

/** WAITAOF came with Redis 7.2. */
export function hasWaitAof({ version }: Pick<RedisFacts, 'version'>): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 7 || (major === 7 && minor >= 2);
}
