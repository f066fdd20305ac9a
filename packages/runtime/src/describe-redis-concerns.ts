import type { DurabilityMode } from '@sluice/contracts';
import { hasWaitAof } from './durability-in-force.ts';
import type { RedisFacts } from './read-redis-facts.ts';

const MAX_CLOCK_SKEW_MS = 1_000;
/** Submits are refused above this share of maxmemory. */
const FULL_SHARE = 0.8;

/** Sentences on what weakens the broker's promises, each with what to do; empty when all is well. */
export function describeRedisConcerns(facts: RedisFacts, durability: DurabilityMode): string[] {
  const concerns: string[] = [];
  if (facts.maxmemoryPolicy !== null && facts.maxmemoryPolicy !== 'noeviction') {
    concerns.push(`maxmemory-policy is ${facts.maxmemoryPolicy}: Redis may drop jobs. Set it to noeviction.`);
  }
  if (facts.role !== 'master') {
    concerns.push(`Redis is a ${facts.role}, not a master: writes will fail. Connect to the master.`);
  }
  if (durability !== 'memory' && !facts.aofEnabled) {
    concerns.push(`durability is ${durability} but the append-only file is off. Set appendonly yes.`);
  }
  if (durability === 'fsync' && facts.aofEnabled && facts.appendfsync !== 'always' && !hasWaitAof(facts)) {
    concerns.push(
      `durability is fsync but appendfsync is ${facts.appendfsync ?? 'unknown'}: up to 1 s of jobs may be lost. ` +
        'Set appendfsync always, or use Redis 7.2 or later.',
    );
  }
  if (durability === 'replicated' && facts.replicas === 0) {
    concerns.push('durability is replicated but no replica is connected. Add one.');
  }
  if (Math.abs(facts.clockSkewMs) > MAX_CLOCK_SKEW_MS) {
    concerns.push(
      `The clocks of Redis and this process differ by ${facts.clockSkewMs} ms. Synchronise them.`,
    );
  }
  if (facts.maxmemoryBytes > 0 && facts.usedMemoryBytes > facts.maxmemoryBytes * FULL_SHARE) {
    concerns.push('Redis uses more than 80 % of maxmemory: submits are refused until it is drained.');
  }
  return concerns;
}
