import type { AttemptError, Target } from '@sluice/contracts';
import { countsAgainstHealth, type CallVerdict } from '@sluice/core';
import type { CallPass, TargetHealth } from '../target-health.ts';

/** The breaker of a target's batch lane; the other lanes of the same target have their own. */
export interface LaneBreaker {
  /** How long nothing may be sent; 0 when it may. */
  closedForMs(target: Target): Promise<number>;
  /** A call of the Batch API was answered. */
  succeeded(target: Target): void;
  failed(target: Target, error: AttemptError): void;
}

/** Of its calls only whether they were answered is told: how long they take says nothing about the lane. */
const NO_FACTS = { totalMs: 0, tier: null } as const;
const NO_ANSWER = {
  status: 'error',
  error: {
    code: 'unknown',
    message: '',
    status: null,
    retryable: true,
    failover: true,
    retry_after_ms: null,
  },
  usage: null,
  warnings: [],
  firstTokenMs: null,
  rateLimit: null,
} as const;

export function createLaneBreaker({
  health,
  onError,
}: {
  health: Pick<TargetHealth, 'admit'>;
  onError: (error: unknown) => void;
}): LaneBreaker {
  const passes = new Map<Target, CallPass>();
  const tell = async (target: Target, verdict: CallVerdict): Promise<void> => {
    const pass = passes.get(target) ?? (await health.admit(target, 'batch'));
    passes.delete(target);
    if (pass.status === 'admitted')
      await pass.settle({ ...NO_ANSWER, warnings: [] }, { ...NO_FACTS, verdict });
  };
  return {
    async closedForMs(target) {
      if (passes.has(target)) return 0;
      const asked = await health.admit(target, 'batch');
      if (asked.status === 'refused') return Math.max(1, asked.retryInMs);
      passes.set(target, asked);
      return 0;
    },
    succeeded: (target) => void tell(target, 'ok').catch(onError),
    failed: (target, error) =>
      void tell(target, countsAgainstHealth(error) ? 'failed' : 'neutral').catch(onError),
  };
}
