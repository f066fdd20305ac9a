import { contentText } from '@sluice/contracts';
import { fewestTokens } from '../fewest-tokens.ts';
import { maySupport, type CheckSubject } from './check-subject.ts';
import { refusal, type Refusal } from './refusal.ts';

/** Whether the prompt, and the answer asked for where they share one window, surely do not fit. */
export function checkWindow({ request, entry, vendor, target }: CheckSubject): Refusal | null {
  const window = entry.max_input_tokens;
  if (window === undefined) return null;
  const asked = request.max_completion_tokens ?? request.max_tokens ?? 0;
  const output = Math.min(asked, entry.max_output_tokens ?? asked);
  const sharesWindow = vendor !== 'google' && !(vendor === 'openai' && maySupport(entry, 'reasoning'));
  const room = window - (sharesWindow ? output : 0);
  const texts = request.messages.map((message) => contentText(message.content));
  // No token is shorter than a character, so most requests need no counting.
  if (texts.reduce((sum, text) => sum + text.length, 0) <= room) return null;
  const fewest = texts.reduce((sum, text) => sum + fewestTokens(text), 0);
  if (fewest <= room) return null;
  const rest = room === window ? '' : ` less the ${output} of the answer that is asked for`;
  return refusal(
    'messages',
    `The prompt has at least ${fewest} tokens; the window of ${target} has ${window}${rest}.`,
  );
}
