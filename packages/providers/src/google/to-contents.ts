import type { Warning } from '@sluice/contracts';
import type { MediaReader } from '../media/media-source.ts';
import { EMPTY_TEXT, type ConversationTurn, type UserTurnPart } from '../request/build-conversation.ts';
import { openingWarning } from '../request/opening-turn.ts';
import { isSince, type GeminiModel } from './gemini-model.ts';
import type { GoogleBody } from './google-body.ts';
import { modelParts } from './model-parts.ts';
import { userPart } from './user-parts.ts';

/**
 * The turns of a conversation; a turn of thoughts alone, which only their vendor could read, is left out, and one
 * that begins with a function call gets a user turn ahead, without which it is refused. Throws `UnsendableRequest`
 * for a file that can't be had, for a result without its call and for arguments that are no object.
 */
export async function toContents(
  turns: readonly ConversationTurn[],
  { model, media }: { model: GeminiModel; media: MediaReader },
): Promise<{ contents: GoogleBody['contents']; warnings: Warning[] }> {
  const withIds = isSince(model, 3);
  const all = await Promise.all(
    turns.map(async (turn, index) => {
      if (turn.role === 'assistant') return { role: 'model' as const, parts: modelParts(turn.parts, model) };
      const parts = inOrderOfCalls(turn.parts, turns[index - 1]);
      return {
        role: 'user' as const,
        parts: await Promise.all(parts.map((part) => userPart(part, { media, withIds }))),
      };
    }),
  );
  const contents = all.filter(({ parts }) => parts.length > 0);
  const [first] = contents;
  if (first?.role !== 'model' || !first.parts.some((part) => part.functionCall))
    return { contents, warnings: [] };
  return {
    contents: [{ role: 'user', parts: [{ text: EMPTY_TEXT }] }, ...contents],
    warnings: [openingWarning()],
  };
}

/** Models without ids match results to calls by their order; the caller may give results in any. */
function inOrderOfCalls(
  parts: readonly UserTurnPart[],
  before: ConversationTurn | undefined,
): readonly UserTurnPart[] {
  if (before?.role !== 'assistant') return parts;
  const calls = before.parts.flatMap((part) => (part.type === 'tool_call' ? [part.call.id] : []));
  const rank = (part: UserTurnPart): number =>
    part.type === 'tool_result' ? calls.indexOf(part.toolCallId) : calls.length;
  return parts.toSorted((left, right) => rank(left) - rank(right));
}
