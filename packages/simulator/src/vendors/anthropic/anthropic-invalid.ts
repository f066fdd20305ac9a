/** Thrown by the request reader; the message of Anthropic's 400. */
export class AnthropicInvalid extends Error {
  override readonly name = 'AnthropicInvalid';
}
