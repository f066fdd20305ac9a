import Anthropic from '@anthropic-ai/sdk';
import type { HttpPool } from '../transport/http-pool.ts';
import { API_VERSION } from './api-version.ts';

/** Without any key the SDK would look for one in the environment and in files of its own. */
const NO_KEY = 'none';

/** The SDK without its retries, its log, and what it would take from the environment. */
export function createClient({
  apiKey,
  baseUrl,
  pool,
}: {
  apiKey: string | null;
  baseUrl: string;
  /** Borrowed. */
  pool: HttpPool;
}): Anthropic {
  return new Anthropic({
    apiKey: apiKey || NO_KEY,
    baseURL: baseUrl,
    maxRetries: 0,
    logLevel: 'off',
    defaultHeaders: { 'anthropic-version': API_VERSION },
    fetch: pool.fetch,
  });
}
