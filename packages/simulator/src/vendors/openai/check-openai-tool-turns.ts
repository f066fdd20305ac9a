import { openaiRefuse } from './openai-refuse.ts';

export interface OpenaiTurnShape {
  role: string;
  /** Ids of the calls in an assistant message. */
  callIds: string[];
  /** What a tool message answers. */
  answers: string | null;
}

/** Every call is answered before anything else is said, and every answer has its call. */
export function checkOpenaiToolTurns(shapes: readonly OpenaiTurnShape[]): void {
  let open: Set<string> | null = null;
  let askedAt = 0;
  const checkAnswered = (): void => {
    if (!open || open.size === 0) return;
    openaiRefuse(
      `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
      `messages.[${askedAt}].role`,
    );
  };
  shapes.forEach(({ role, callIds, answers }, index) => {
    if (role === 'tool') {
      if (!open) {
        openaiRefuse(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          `messages.[${index}].role`,
        );
      }
      if (answers !== null && !open?.delete(answers)) {
        openaiRefuse(
          `Invalid parameter: 'tool_call_id' of '${answers}' not found in 'tool_calls' of previous message.`,
          `messages.[${index}].tool_call_id`,
        );
      }
      return;
    }
    checkAnswered();
    open = callIds.length > 0 ? new Set(callIds) : null;
    askedAt = index + 1;
  });
  checkAnswered();
}
