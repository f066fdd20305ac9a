import type { LimitBook } from './limit-book.ts';
import { createLimitBook } from './limit-book.ts';
import { parseLimits } from './parse-limits.ts';
import type { PermitScripts } from './permit-scripts.ts';
import type { ProviderLimits } from './provider-limiter.ts';

/** The limits in force: those written last by any process of the provider. */
export interface LimitSource {
  current(): LimitBook;
  /** In force here at once, and for all others with the next permit that is asked for. */
  set(limits: ProviderLimits): void;
  /** Redis has the limits that are in force here. */
  isPublished(): boolean;
  /** False while Redis can't be told of limits that were set here. */
  publish(): Promise<boolean>;
  /** Redis lost the limits: puts them back unless somebody else has. */
  restore(): Promise<void>;
  /** Takes over what another process has set. */
  follow(revision: string): void;
}

export interface LimitSourceDeps {
  scripts: PermitScripts;
  limits: ProviderLimits;
  onError: (error: Error) => void;
  onChange: () => void;
}

export function createLimitSource({ scripts, limits, onError, onChange }: LimitSourceDeps): LimitSource {
  let book = createLimitBook(limits);
  let published: LimitBook | null = null;
  let publishing: Promise<boolean> | null = null;
  let asking = false;
  let unreadable = '';

  async function sendBook(): Promise<boolean> {
    const sent = book;
    const outcome = await scripts.publishLimits(sent, 'replace');
    if (outcome.status === 'failed') {
      onError(outcome.error);
      return false;
    }
    published = sent;
    return sent === book;
  }

  async function ask(): Promise<void> {
    const asked = book;
    const outcome = await scripts.publishLimits(asked, 'if_absent');
    if (outcome.status === 'failed') return onError(outcome.error);
    if (outcome.revision === asked.revision || asked !== book) return;
    const theirs = parseLimits(outcome.source);
    if (theirs === null) {
      unreadable = outcome.revision;
      return onError(
        new Error('limiter: the limits in Redis were written by a release that this one does not know'),
      );
    }
    book = createLimitBook(theirs);
    published = book;
    onChange();
  }

  async function askOnce(): Promise<void> {
    if (asking) return;
    asking = true;
    await ask().finally(() => (asking = false));
  }

  return {
    current: () => book,
    set(next) {
      book = createLimitBook(next);
      onChange();
    },
    isPublished: () => published === book,
    async publish() {
      if (published === book) return true;
      publishing ??= sendBook().finally(() => (publishing = null));
      return publishing;
    },
    restore: askOnce,
    follow(revision) {
      if (revision === book.revision || revision === unreadable) return;
      // What was set here and is not stored yet comes last.
      if (published !== book && !book.unlimited) return;
      void askOnce();
    },
  };
}
