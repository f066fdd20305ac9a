export { DEFAULT_API_LIMITS, type ApiLimits } from './api-limits.ts';
export type { ApiDeps } from './api-deps.ts';
export { buildApi } from './build-api.ts';
export { startApi, type Api, type StartApiOptions } from './start-api.ts';
