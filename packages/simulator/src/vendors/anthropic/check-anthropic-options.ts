import { anthropicFields } from './anthropic-fields.ts';
import { AnthropicInvalid } from './anthropic-invalid.ts';
import { readAnthropicString } from './read-anthropic-string.ts';

const MAX_USER_ID_LENGTH = 256;

function checkMetadata(value: unknown): void {
  if (value === undefined || value === null) return;
  const { user_id: userId } = anthropicFields(value, 'metadata', ['user_id']);
  if (userId === undefined || userId === null) return;
  const text = readAnthropicString(userId, 'metadata.user_id');
  if (text.length > MAX_USER_ID_LENGTH) {
    throw new AnthropicInvalid(
      `metadata.user_id: String should have at most ${MAX_USER_ID_LENGTH} characters`,
    );
  }
  if (/\S+@\S+\.\S+/.test(text)) {
    throw new AnthropicInvalid('metadata.user_id: user_id appears to contain an email address');
  }
}

/** The smaller options of a messages request. */
export function checkAnthropicOptions(body: Record<string, unknown>): void {
  checkMetadata(body['metadata']);
  const tier = body['service_tier'];
  if (tier !== undefined && tier !== 'auto' && tier !== 'standard_only') {
    throw new AnthropicInvalid("service_tier: Input should be 'auto' or 'standard_only'");
  }
  if (body['stream'] !== undefined && typeof body['stream'] !== 'boolean') {
    throw new AnthropicInvalid('stream: Input should be a valid boolean');
  }
}
