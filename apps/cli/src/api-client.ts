import { apiErrorBodySchema } from '@sluice/contracts';
import { CliError } from './cli-error.ts';

export interface ApiClientOptions {
  /** Without a trailing slash. */
  baseUrl: string;
  key: string;
}

export interface ApiRequest {
  method?: 'GET' | 'POST' | 'DELETE';
  body?: unknown;
  /** Instead of a body: fields and files, sent as multipart. */
  form?: FormData;
  /** Instead of a body: sent as it is, streamed; `headers` name its type. */
  content?: Blob;
  headers?: Record<string, string>;
  /** Until the headers of the answer are there. Default 30 000. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** The broker's HTTP API with a key; every refusal is a {@link CliError} that says what to do. */
export interface ApiClient {
  readonly baseUrl: string;
  /** The answer's JSON. */
  json(path: string, request?: ApiRequest): Promise<unknown>;
  /** The answer itself, its body unread. */
  open(path: string, request?: ApiRequest): Promise<Response>;
}

const DEFAULT_TIMEOUT_MS = 30_000;

export function createApiClient({ baseUrl, key }: ApiClientOptions): ApiClient {
  async function open(path: string, request: ApiRequest = {}): Promise<Response> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), request.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const signals = request.signal ? [timeout.signal, request.signal] : [timeout.signal];
    try {
      const response = await fetch(`${baseUrl}${path}`, {
        method: request.method ?? 'GET',
        headers: {
          authorization: `Bearer ${key}`,
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...request.headers,
        },
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
        ...(request.form === undefined ? {} : { body: request.form }),
        ...(request.content === undefined ? {} : { body: request.content }),
        signal: AbortSignal.any(signals),
      });
      if (!response.ok) throw await refusal(response);
      return response;
    } catch (error) {
      if (error instanceof CliError || request.signal?.aborted) throw error;
      if (timeout.signal.aborted) throw new CliError(`No answer from ${baseUrl} in time: try again.`);
      throw new CliError(
        `Nothing answers at ${baseUrl}: start the broker with "npm start", or name another with --url.`,
      );
    } finally {
      clearTimeout(timer);
    }
  }
  return {
    baseUrl,
    open,
    json: async (path, request) => {
      const response = await open(path, request);
      return response.status === 204 ? null : response.json();
    },
  };
}

async function refusal(response: Response): Promise<CliError> {
  const text = await response.text();
  const { status } = response;
  const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429;
  const parsed = apiErrorBodySchema.safeParse(parseJson(text));
  if (!parsed.success)
    return new CliError(`HTTP ${status} from ${response.url}: ${text.slice(0, 200)}`, 1, { isRefusal });
  const { message, code, request_id, doc_url } = parsed.data.error;
  return new CliError(`${message} (${code}, request ${request_id}, see ${doc_url})`, 1, { isRefusal });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
