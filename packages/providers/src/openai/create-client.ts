import OpenAI from 'openai';
import type { HttpPool } from '../transport/http-pool.ts';
import { withErrorObject } from './with-error-object.ts';

/** The SDK refuses to start without a key; local servers ignore this one. */
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
}): OpenAI {
  return new OpenAI({
    apiKey: apiKey || NO_KEY,
    baseURL: baseUrl,
    organization: null,
    project: null,
    maxRetries: 0,
    logLevel: 'off',
    fetch: withErrorObject(pool.fetch),
  });
}
