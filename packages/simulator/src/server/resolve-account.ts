import type { SimulatedVendor } from '../config/simulated-vendor.ts';
import type { SimulatedAccount } from './simulator-state.ts';

export interface ResolvedPath {
  account: SimulatedAccount;
  /** Without the account's prefix. */
  path: string;
}

function bareVendor(path: string): SimulatedVendor | null {
  if (/^\/v1(beta)?\/models\/[^/]+:/.test(path) || /^(\/upload|\/download)?\/v1beta\//.test(path))
    return 'google';
  if (path.startsWith('/v1/messages')) return 'anthropic';
  return path.startsWith('/v1/') ? 'openai' : null;
}

/**
 * The account that a URL path belongs to: `/<account>/…`, or a bare vendor path, which goes to the first account of
 * that vendor. Null when there is none.
 */
export function resolveAccount(
  accounts: ReadonlyMap<string, SimulatedAccount>,
  pathname: string,
): ResolvedPath | null {
  const [, first = '', ...rest] = pathname.split('/');
  const named = accounts.get(first);
  if (named) return { account: named, path: `/${rest.join('/')}` };
  const vendor = bareVendor(pathname);
  const account = Array.from(accounts.values()).find((candidate) => candidate.vendor === vendor);
  return account ? { account, path: pathname } : null;
}
