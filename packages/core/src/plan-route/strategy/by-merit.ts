/**
 * Strategies that sort by merit, and keep the order of equals. Where the operator gives an order or shares, no two
 * targets are equals.
 */
export const BY_MERIT: ReadonlySet<string> = new Set(['cheapest', 'fastest']);
