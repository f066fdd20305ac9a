import type { LimitSource } from './limit-source.ts';
import type { PermitScripts } from './permit-scripts.ts';
import type { QueuedTokensOutcome } from './provider-limiter.ts';

/** Tries when Redis has lost the limits: once to learn it, once after they were put back. */
const TRIES = 2;

/** Room in the provider's own batch queue. Both reject when Redis does not answer. */
export function createQueuedTokens({ scripts, limits }: { scripts: PermitScripts; limits: LimitSource }) {
  async function ask(
    action: 'take' | 'release',
    held: { id: string; model: string; tokens: number },
  ): Promise<[string, string]> {
    const outcome = await scripts.queueTokens(action, held);
    if (outcome.status === 'failed') throw outcome.error;
    return outcome.reply as [string, string];
  }

  return {
    async take(request: { id: string; model: string; tokens: number }): Promise<QueuedTokensOutcome> {
      if (limits.current().unlimited) return { status: 'taken', remaining: null };
      if (!(await limits.publish())) throw new Error('limiter: Redis could not be told of the limits');
      for (let tries = 0; tries < TRIES; tries += 1) {
        const [status, remaining] = await ask('take', request);
        if (status === 'taken') return { status, remaining: remaining === '-' ? null : Number(remaining) };
        if (status === 'refused') return { status, remaining: Number(remaining) };
        await limits.restore();
      }
      throw new Error('limiter: Redis keeps losing its limits');
    },

    async release(id: string): Promise<void> {
      await ask('release', { id, model: '', tokens: 0 });
    },
  };
}
