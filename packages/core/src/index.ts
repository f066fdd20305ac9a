export * from './backoff.ts';
export * from './decide-next.ts';
export * from './estimate-tokens.ts';
export * from './model-catalogue.ts';
export * from './plan-route.ts';
export * from './price-request.ts';
export * from './token-learner.ts';
