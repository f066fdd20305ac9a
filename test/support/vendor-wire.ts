/** What a model answers, told without any vendor's words. Usage is 12, 4 of them cached, and 5, as of `plain`. */
export interface AnswerScript {
  /** Thoughts that are shown, in pieces. */
  thoughts?: readonly string[];
  /** Text, in pieces. */
  texts?: readonly string[];
  toolCalls?: readonly ScriptedToolCall[];
  finish: 'stop' | 'length' | 'tool_calls';
}

export interface ScriptedToolCall {
  /** Left out by vendors that give none. */
  id: string;
  name: string;
  /** JSON text, in pieces; vendors that send calls whole join them. */
  arguments: readonly string[];
}

/** What one vendor puts on the wire, for tests of its adapter. Texts are the test's, everything else is typical. */
export interface VendorWire {
  /** The adapter's base URL at an origin. */
  baseUrl(origin: string): string;
  path(model: string, options: { streaming: boolean }): string;
  /** A plain answer: 12 prompt tokens (4 of them from the cache), 5 completion tokens. */
  plain(text: string, options?: { finish?: 'stop' | 'length' }): string;
  /** Any answer, plain. */
  answer(script: AnswerScript): string;
  /** Any answer, as a whole stream. */
  answerStream(script: AnswerScript): string[];
  /** A plain answer whose prompt or text was blocked; usage as above. */
  blocked(): string;
  /** A whole stream with the same usage. */
  stream(pieces: readonly string[]): string[];
  /** The events of {@link stream} up to the last piece: no end, no final usage. */
  streamWithoutEnd(pieces: readonly string[]): string[];
  /** An event that says that the vendor is overloaded. */
  streamError(): string;
  streamBlocked(): string[];
  malformedEvent(): string;
  errorBody(message: string): string;
  contextOverflow(): { status: number; body: string };
}
