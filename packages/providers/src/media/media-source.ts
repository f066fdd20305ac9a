import type { MediaKind } from '@sluice/core';

/** A file as a vendor takes it within the request. */
export interface MediaFile {
  /** What its first bytes say, whatever was declared. */
  mediaType: string;
  /** Standard alphabet, padded. */
  base64: string;
  /** Decoded. */
  bytes: number;
}

export interface MediaWish {
  kind: MediaKind;
  /** Data URL or https URL, as the caller gave it. */
  url: string;
}

/**
 * Reads the files of one attempt. Each URL is fetched once. Throws `UnsendableRequest`, with a message for the
 * caller, when a file can't be had or is not what it is meant to be.
 */
export interface MediaReader {
  read(wish: MediaWish): Promise<MediaFile>;
}

/** Fetches files by URL for providers that can't do it themselves. Owned by whoever made it. */
export interface MediaSource {
  /** A reader for one attempt; `signal` ends what it fetches. */
  reader(options: { vendor: string; signal: AbortSignal }): MediaReader;
  /** Idempotent. */
  close(): Promise<void>;
}
