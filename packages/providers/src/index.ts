export * from './create-provider-adapter.ts';
export { ERROR_DECISIONS } from './errors/attempt-error-of.ts';
export * from './provider-adapter.ts';
export * from './media/create-media-source.ts';
export type { MediaFile, MediaReader, MediaSource, MediaWish } from './media/media-source.ts';
export * from './batch/batch-read-error.ts';
export type { BatchTimeouts } from './batch/batch-timeouts.ts';
export * from './batch/create-provider-batch-adapter.ts';
export type * from './batch/provider-batch-adapter.ts';
