import { CliError } from './cli-error.ts';

export interface SubmissionOptions {
  prompt?: string;
  model?: string;
  route?: string;
  chain?: string[];
  tier?: string;
  within?: string;
  webhook?: string;
  stream?: boolean;
  maxTokens?: number;
}

/**
 * The body of `POST /v1/jobs` from flags and an optional file's content: a whole submission (it has `request`) or a
 * chat-completions body (it has `messages`). Flags win over the file.
 */
export function buildSubmission(options: SubmissionOptions, fileContent: unknown): Record<string, unknown> {
  const { request, ...rest } = fromFile(fileContent);
  const messages =
    options.prompt === undefined ? {} : { messages: [{ role: 'user', content: options.prompt }] };
  const merged = {
    ...request,
    ...messages,
    ...defined({ model: options.model, stream: options.stream, max_tokens: options.maxTokens }),
  };
  if (!('messages' in merged)) {
    throw new CliError('Nothing to submit: give --prompt TEXT, or a file with a request.', 2);
  }
  return {
    ...rest,
    request: merged,
    ...defined({ route: options.route, chain: options.chain, tier: options.tier, within: options.within }),
    ...(options.webhook === undefined ? {} : { webhook: { url: options.webhook } }),
  };
}

function fromFile(content: unknown): { request: object; [option: string]: unknown } {
  if (content === undefined) return { request: {} };
  if (typeof content === 'object' && content !== null) {
    if ('request' in content && typeof content.request === 'object' && content.request !== null) {
      return { ...content, request: content.request };
    }
    if ('messages' in content) return { request: content };
  }
  throw new CliError(
    'The file must hold a submission (with `request`) or a chat request (with `messages`).',
    2,
  );
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
