import { decodeBase64 } from '../../media/decode-base64.ts';
import { isObject } from '../is-object.ts';
import { isSealOf } from '../seal.ts';
import type { SimulatedMedia, SimulatedToolCall } from '../simulated-chat.ts';
import { GoogleInvalid } from './google-invalid.ts';
import { googleObject } from './google-object.ts';
import { googleViolation } from './google-violation.ts';
import { readGoogleFileData, readGoogleInlineData } from './read-google-media.ts';

const CONTENT_FIELDS = new Set(['role', 'parts']);
const DATA_FIELDS = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
] as const;
const PART_FIELDS = new Set([
  ...DATA_FIELDS,
  'thought',
  'thoughtSignature',
  'videoMetadata',
  'mediaResolution',
]);

/** Values that stand for a signature that is not known. Source: Gemini API docs "Thought signatures", FAQs. */
const SENTINELS = new Set(['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go']);

export interface GoogleContent {
  role: string | null;
  text: string;
  media: SimulatedMedia[];
  calls: (SimulatedToolCall & { signed: boolean })[];
  results: { name: string; text: string }[];
}

function readStruct(value: unknown, at: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (isObject(value)) return value;
  return googleViolation(
    at,
    `Invalid value at '${at}' (type.googleapis.com/google.protobuf.Struct), ${JSON.stringify(value)}`,
  );
}

function readSignature(value: unknown, at: string): boolean {
  if (value === undefined || value === null || value === '') return false;
  if (typeof value !== 'string' || !decodeBase64(value)) {
    googleViolation(
      `${at}.thought_signature`,
      `Invalid value at '${at}.thought_signature' (TYPE_BYTES), Base64 decoding failed for ${JSON.stringify(value)}`,
    );
  }
  if (!SENTINELS.has(value) && !isSealOf(value, 'gemini')) {
    throw new GoogleInvalid('Corrupted thought signature.');
  }
  return true;
}

function readName(value: unknown, at: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new GoogleInvalid(`* GenerateContentRequest.${at}.name: Name cannot be empty.\n`);
}

function readPart(
  value: unknown,
  { at, proto }: { at: string; proto: string },
  content: GoogleContent,
): void {
  const part = googleObject(value, PART_FIELDS, at);
  const kinds = DATA_FIELDS.filter((field) => part[field] !== undefined && part[field] !== null);
  if (kinds.length === 0) {
    throw new GoogleInvalid(
      `* GenerateContentRequest.${proto}.data: required oneof field 'data' must have one initialized field\n`,
    );
  }
  if (kinds.length > 1) {
    googleViolation(
      at,
      `Invalid value at '${at}' (oneof), oneof field 'data' is already set. Cannot set '${kinds[1]}'`,
    );
  }
  const signed = readSignature(part['thoughtSignature'], at);
  switch (kinds[0]) {
    case 'text':
      if (typeof part['text'] !== 'string') {
        googleViolation(
          `${at}.text`,
          `Invalid value at '${at}.text' (TYPE_STRING), ${JSON.stringify(part['text'])}`,
        );
      }
      // Thoughts that come back are not read again.
      if (part['thought'] !== true) content.text += part['text'];
      return;
    case 'inlineData':
      content.media.push(readGoogleInlineData(part['inlineData'], `${at}.inline_data`));
      return;
    case 'fileData':
      content.media.push(readGoogleFileData(part['fileData'], `${at}.file_data`));
      return;
    case 'functionCall': {
      const place = `${at}.function_call`;
      const call = googleObject(part['functionCall'], new Set(['id', 'name', 'args']), place);
      const id = typeof call['id'] === 'string' ? call['id'] : '';
      const args = JSON.stringify(readStruct(call['args'], `${place}.args`));
      content.calls.push({
        id,
        name: readName(call['name'], `${proto}.function_call`),
        arguments: args,
        signed,
      });
      return;
    }
    case 'functionResponse': {
      const place = `${at}.function_response`;
      const fields = new Set(['id', 'name', 'response', 'willContinue', 'scheduling', 'parts']);
      const response = googleObject(part['functionResponse'], fields, place);
      const body = readStruct(response['response'], `${place}.response`);
      const name = readName(response['name'], `${proto}.function_response`);
      content.results.push({ name, text: JSON.stringify(body) });
      return;
    }
    case undefined:
    case 'executableCode':
    case 'codeExecutionResult':
  }
}

/** One content, or Google's refusal. `at` is its JSON path, `proto` its name in proto messages. */
export function readGoogleContent(
  value: unknown,
  { at, proto }: { at: string; proto: string },
): GoogleContent {
  const fields = googleObject(value, CONTENT_FIELDS, at);
  const parts = isObject(fields['parts']) ? [fields['parts']] : fields['parts'];
  if (!Array.isArray(parts) || parts.length === 0) {
    throw new GoogleInvalid(`* GenerateContentRequest.${proto}.parts: contents.parts must not be empty.\n`);
  }
  const role = typeof fields['role'] === 'string' ? fields['role'] : null;
  const content: GoogleContent = { role, text: '', media: [], calls: [], results: [] };
  parts.forEach((part: unknown, index) =>
    readPart(part, { at: `${at}.parts[${index}]`, proto: `${proto}.parts[${index}]` }, content),
  );
  return content;
}
