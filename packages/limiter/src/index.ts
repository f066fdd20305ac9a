export type { ProviderLimiterOptions } from './create-provider-limiter.ts';
export { createProviderLimiter } from './create-provider-limiter.ts';
export { limiterRedisOptions } from './limiter-redis-options.ts';
export * from './provider-limiter.ts';
