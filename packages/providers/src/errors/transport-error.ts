import type { AttemptError } from '@sluice/contracts';
import { attemptErrorOf } from './attempt-error-of.ts';
import { causeChain } from './cause-chain.ts';

export interface TransportFacts {
  vendor: string;
  error: unknown;
  /** The answer had begun when it broke: headers were there. */
  answered: boolean;
}

/** The error of a call that broke without an answer of the vendor's own: connection, body or JSON. */
export function transportError({ vendor, error, answered }: TransportFacts): AttemptError {
  const causes = causeChain(error);
  const codes = causes.map((cause) => codeOf(cause)).filter((code) => code !== null);
  const detail = describe(causes, codes);
  if (codes.includes('UND_ERR_CONNECT_TIMEOUT')) {
    return attemptErrorOf({ code: 'timeout', message: `${vendor}: connecting took too long: ${detail}` });
  }
  if (codes.includes('UND_ERR_RES_EXCEEDED_MAX_SIZE')) {
    return attemptErrorOf({ code: 'malformed_response', message: `${vendor} sent more than the size cap` });
  }
  if (causes.some((cause) => cause instanceof SyntaxError)) {
    return attemptErrorOf({
      code: 'malformed_response',
      message: `${vendor} sent malformed JSON: ${detail}`,
    });
  }
  if (answered) {
    return attemptErrorOf({ code: 'truncated', message: `${vendor} broke its answer off: ${detail}` });
  }
  const isNetwork =
    codes.length > 0 || causes.some((cause) => /fetch failed|connection error/i.test(String(cause)));
  return isNetwork
    ? attemptErrorOf({ code: 'network', message: `${vendor} could not be reached: ${detail}` })
    : attemptErrorOf({ code: 'unknown', message: `${vendor}: ${detail}` });
}

function codeOf(cause: unknown): string | null {
  const code = (cause as { code?: unknown }).code;
  return typeof code === 'string' ? code : null;
}

function describe(causes: readonly unknown[], codes: readonly string[]): string {
  const messages = causes.map((cause) => (cause instanceof Error ? cause.message : String(cause)));
  const innermost = messages.findLast((message) => message !== '') ?? 'no message';
  const code = codes.at(-1);
  return code && !innermost.includes(code) ? `${innermost} (${code})` : innermost;
}
