import type { Permit, PermitOutcome, PermitRequest } from './provider-limiter.ts';

/** A call that no limit holds for: nothing is taken, so there is nothing to settle, give back or lose. */
export async function runUnlimited<Value>(
  { reservationId }: PermitRequest,
  call: (permit: Permit) => Promise<Value>,
): Promise<PermitOutcome<Value>> {
  const grantedAtMs = performance.now();
  const permit: Permit = {
    reservationId,
    ageMs: () => performance.now() - grantedAtMs,
    lost: new AbortController().signal,
    settle() {},
    giveBack() {},
  };
  return { status: 'ran', value: await call(permit) };
}
