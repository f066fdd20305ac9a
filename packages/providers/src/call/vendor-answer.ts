import type { AttemptError, ChatCompletion, Usage } from '@sluice/contracts';

/** What a vendor's answer says, in normal form. */
export type VendorAnswer =
  | {
      status: 'ok';
      completion: Omit<ChatCompletion, 'usage' | 'object'>;
      /** Null when the vendor reported none. */
      usage: Usage | null;
      /** US dollars that it says the call cost. */
      costUsd?: number | null;
    }
  | { status: 'error'; error: AttemptError; usage: Usage | null };
