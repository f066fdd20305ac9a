export * from './provider-limiter.ts';
