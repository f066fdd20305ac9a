import { UnsendableRequest } from '../errors/unsendable-request.ts';
import type { AssistantTurnPart } from '../request/build-conversation.ts';
import { toolArguments } from '../request/tool-arguments.ts';
import { isSince, type GeminiModel } from './gemini-model.ts';
import type { GooglePart } from './google-body.ts';
import { REASONING_FORMAT } from './reasoning-format.ts';

/** Stands for a signature that nobody has. Source: Gemini API, "Thought signatures", FAQ on other models' histories. */
const NO_SIGNATURE = 'skip_thought_signature_validator';

/**
 * An assistant turn. Thought signatures go back to the part that they came with; reasoning of other vendors is
 * left out. Models since Gemini 3 want a signature on the first call of a turn: where none is known, a placeholder
 * tells them not to ask.
 */
export function modelParts(parts: readonly AssistantTurnPart[], model: GeminiModel): GooglePart[] {
  const signatures = new Map<string | undefined, string>();
  for (const part of parts) {
    if (part.type !== 'reasoning') continue;
    const { type, format, data, tool_call_id: callId } = part.detail;
    if (format !== REASONING_FORMAT || type !== 'reasoning.encrypted' || !data) continue;
    signatures.set(callId, data);
  }
  const signed = (key: string | undefined): GooglePart => {
    const thoughtSignature = signatures.get(key);
    return thoughtSignature === undefined ? {} : { thoughtSignature };
  };
  const texts = parts.filter((part) => part.type === 'text').map(({ text }): GooglePart => ({ text }));
  const last = texts.at(-1);
  if (last) Object.assign(last, signed(undefined));
  const wantsIds = isSince(model, 3);
  const calls = parts
    .filter((part) => part.type === 'tool_call')
    .map(({ call }, index): GooglePart => {
      const { id, function: called } = call;
      if (called.name === '')
        throw new UnsendableRequest(`messages: the tool call "${id}" names no function.`);
      const isUnsigned = index === 0 && !signatures.has(id) && wantsIds;
      return {
        functionCall: { ...(wantsIds ? { id } : {}), name: called.name, args: toolArguments(call) },
        ...(isUnsigned ? { thoughtSignature: NO_SIGNATURE } : signed(id)),
      };
    });
  return [...texts, ...calls];
}
