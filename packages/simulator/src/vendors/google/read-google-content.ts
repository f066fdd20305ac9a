import { GoogleInvalid } from './google-invalid.ts';
import { googleObject } from './google-object.ts';

const CONTENT_FIELDS = new Set(['role', 'parts']);
const PART_FIELDS = new Set([
  'text',
  'thought',
  'thoughtSignature',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'videoMetadata',
]);

/** The text of one content, or Google's refusal. `at` is its JSON path, `proto` its name in proto messages. */
export function readGoogleContent(
  value: unknown,
  { at, proto }: { at: string; proto: string },
): { role: string | null; text: string } {
  const content = googleObject(value, CONTENT_FIELDS, at);
  const parts = content['parts'];
  if (!Array.isArray(parts) || parts.length === 0) {
    throw new GoogleInvalid(`* GenerateContentRequest.${proto}.parts: contents.parts must not be empty.\n`);
  }
  const text = parts
    .map((item: unknown, index) => {
      const part = googleObject(item, PART_FIELDS, `${at}.parts[${index}]`);
      if (typeof part['text'] !== 'string') {
        throw new GoogleInvalid(
          `* GenerateContentRequest.${proto}.parts[${index}].data: required oneof field 'data' must have one initialized field\n`,
        );
      }
      return part['text'];
    })
    .join('');
  return { role: typeof content['role'] === 'string' ? content['role'] : null, text };
}
