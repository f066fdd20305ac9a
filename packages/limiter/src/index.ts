export type { ProviderLimiterOptions } from './create-provider-limiter.ts';
export { createProviderLimiter } from './create-provider-limiter.ts';
export type { LimiterChanges } from './limiter-changes.ts';
export { createLimiterChanges } from './limiter-changes.ts';
export { limiterRedisOptions } from './limiter-redis-options.ts';
export * from './provider-limiter.ts';
export type { TokenRatioShareOptions } from './share-token-ratios.ts';
export { shareTokenRatios } from './share-token-ratios.ts';
export type { DayDimension, RateDimension } from './plan-scope.ts';
