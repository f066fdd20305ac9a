import type { Permit, PermitOutcome, PermitRequest, ProviderHint } from './provider-limiter.ts';

/** A call that no limit holds for: nothing is taken, so there is nothing to settle, give back or lose. */
export async function runUnlimited<Value>(
  { reservationId }: PermitRequest,
  {
    key,
    call,
    learn,
  }: {
    key: string | null;
    call: (permit: Permit) => Promise<Value>;
    learn: (hint: ProviderHint & { ageMs: number }) => void;
  },
): Promise<PermitOutcome<Value>> {
  const grantedAtMs = performance.now();
  const permit: Permit = {
    reservationId,
    key,
    ageMs: () => performance.now() - grantedAtMs,
    lost: new AbortController().signal,
    settle() {},
    settleAtLeast() {},
    giveBack() {},
    learn: (hint) => learn({ ...hint, ageMs: performance.now() - grantedAtMs }),
  };
  return { status: 'ran', value: await call(permit) };
}
