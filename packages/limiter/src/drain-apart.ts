import type { BottleneckInternals } from './bottleneck-internals.ts';

/**
 * Makes Bottleneck take jobs into its queue while it asks its datastore for those before them; it would let each job
 * wait at the door until the question for the one before it is answered, so that nothing could be asked at once.
 */
export function drainApart(bottleneck: BottleneckInternals, onError: (error: unknown) => void): void {
  let draining = false;
  let again = false;

  async function drain(): Promise<void> {
    draining = true;
    do {
      again = false;
      while ((await bottleneck._drainOne()) !== null);
    } while (again);
    draining = false;
  }

  bottleneck._drainAll = () => {
    again = true;
    if (!draining) {
      drain().catch((error: unknown) => {
        draining = false;
        onError(error);
      });
    }
    return Promise.resolve(0);
  };
}
