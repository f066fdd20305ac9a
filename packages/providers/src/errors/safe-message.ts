const MAX_BYTES = 1_024;
/** Shorter keys are placeholders of local servers; replacing them would garble the text. */
const MIN_KEY_LENGTH = 6;
/** Keys as vendors write them, also masked in the middle, as OpenAI's 401 quotes the one that it got. */
const KEY_SHAPES = [/\b(sk|xai|gsk)-[\w*-]{6,}/g, /\bAIza[\w-]{10,}/g, /\bBearer\s+\S+/gi];

/** A vendor's text made fit for a job record: no API key in it, at most 1 KB. */
export function safeMessage(message: string, apiKey: string | null): string {
  const withoutOwn =
    apiKey && apiKey.length >= MIN_KEY_LENGTH ? message.replaceAll(apiKey, '[key]') : message;
  const clean = KEY_SHAPES.reduce((text, shape) => text.replace(shape, '[key]'), withoutOwn);
  const bytes = Buffer.from(clean);
  if (bytes.length <= MAX_BYTES) return clean;
  // A cut inside a character leaves replacement characters at the end.
  return `${bytes
    .subarray(0, MAX_BYTES - 3)
    .toString()
    .replace(/\uFFFD+$/, '')}…`;
}
