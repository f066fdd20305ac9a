import { contentText, type Warning } from '@sluice/contracts';
import { checkMedia } from './check/check-media.ts';
import type { CheckSubject } from './check/check-subject.ts';
import { checkToolMessages } from './check/check-tool-messages.ts';
import { checkTools } from './check/check-tools.ts';
import { checkWindow } from './check/check-window.ts';
import { refusal, type Refusal } from './check/refusal.ts';

export type { CheckSubject } from './check/check-subject.ts';
export type RequestCheck = { status: 'ok'; warnings: Warning[] } | Refusal;

/** Vendors that give one answer to a request and have no parameter for more. */
const ONE_ANSWER: ReadonlySet<string> = new Set(['anthropic', 'openrouter', 'deepseek', 'ollama']);
/** Vendors that refuse a conversation without any text or file. */
const WANT_CONTENT: ReadonlySet<string> = new Set(['anthropic', 'google']);

/**
 * Whether a target can take a request at all, said before anything is sent or paid. Pure and certain: what is
 * refused here, the vendor would refuse as well; what only the vendor can know passes. Parameters that a vendor
 * lacks are no reason: the adapter leaves them out with a warning.
 */
export function checkRequest(subject: CheckSubject): RequestCheck {
  const refused =
    checkAnswers(subject) ??
    checkContent(subject) ??
    checkTools(subject) ??
    checkToolMessages(subject) ??
    checkWindow(subject);
  if (refused) return refused;
  const media = checkMedia(subject);
  return Array.isArray(media)
    ? { status: 'ok', warnings: media.map((warning) => ({ ...warning, target: subject.target })) }
    : media;
}

function checkAnswers({ request, vendor, target }: CheckSubject): Refusal | null {
  if ((request.n ?? 1) === 1 || !ONE_ANSWER.has(vendor)) return null;
  return refusal('n', `${target} gives one answer to a request: n must be 1; submit a job for each answer.`);
}

function checkContent({ request, vendor, target }: CheckSubject): Refusal | null {
  if (!WANT_CONTENT.has(vendor)) return null;
  const isFilled = request.messages.some(
    (message) =>
      contentText(message.content) !== '' ||
      (message.role === 'user' &&
        typeof message.content !== 'string' &&
        message.content.some((part) => part.type !== 'text')),
  );
  return isFilled
    ? null
    : refusal('messages', `${target} takes no conversation whose messages are all empty.`);
}
