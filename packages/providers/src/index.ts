export * from './create-provider-adapter.ts';
export { ERROR_DECISIONS } from './errors/attempt-error-of.ts';
export * from './provider-adapter.ts';
