/** Six decimals: one short call costs fractions of a cent. */
export function formatUsd(amountUsd: number | null): string {
  return amountUsd === null ? '-' : `$${amountUsd.toFixed(6)}`;
}
