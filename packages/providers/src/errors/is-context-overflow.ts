/** How vendors and servers say that a prompt is too long; there is no common code. */
const TEXTS = [
  /prompt is too long/i,
  /exceed(s|ed)? (the )?(maximum )?context (limit|length|window)/i,
  /maximum context length/i,
  /longer than the model'?s context length/i,
  /input tokens exceed/i,
  /input token count .{0,60}exceeds the maximum/i,
  /context[_ ]length[_ ]exceeded/i,
  /string too long\. expected a string with maximum length/i,
  /reduce the length of the (messages|prompt|input)/i,
];

/** Texts that look alike and mean one field that is too long. */
const OTHERS = /string_above_max_length|invalid '?"?user/i;

/** Whether a refusal says that the prompt does not fit the model's context window. */
export function isContextOverflow(message: string): boolean {
  return !OTHERS.test(message) && TEXTS.some((text) => text.test(message));
}
