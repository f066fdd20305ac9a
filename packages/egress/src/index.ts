export * from './check-address.ts';
export * from './check-url.ts';
export * from './create-egress-client.ts';
export * from './create-live-egress-client.ts';
export type { Failure, FailureReason } from './describe-failure.ts';
export * from './egress-policy.ts';
export type { ResolveAddresses, ResolvedAddress } from './resolve-addresses.ts';
