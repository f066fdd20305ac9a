import { isObject } from '../is-object.ts';
import type { SimulatedChat } from '../simulated-chat.ts';
import { checkGoogleJsonSchema } from './check-google-json-schema.ts';
import { checkGoogleSchema } from './check-google-schema.ts';
import { GoogleInvalid } from './google-invalid.ts';
import { textOf } from '../text-of.ts';

const MIME_TYPES = ['text/plain', 'application/json', 'text/x.enum'];
const PROTO = 'GenerateContentRequest.generation_config';

/** The form of the answer, by the response fields of the generation config. */
export function readGoogleOutput(
  config: Record<string, unknown>,
  { model, hasTools }: { model: string; hasTools: boolean },
): Pick<SimulatedChat, 'output'> {
  const mimeType = config['responseMimeType'] ?? 'text/plain';
  if (!MIME_TYPES.includes(textOf(mimeType))) {
    throw new GoogleInvalid(
      `* ${PROTO}.response_mime_type: allowed mimetypes are \`text/plain\`, \`application/json\`, \`application/xml\`, \`application/yaml\` and \`text/x.enum\`.\n`,
    );
  }
  const { responseSchema, responseJsonSchema } = config;
  const hasSchema = responseSchema !== undefined && responseSchema !== null;
  const hasJsonSchema = responseJsonSchema !== undefined && responseJsonSchema !== null;
  if (hasSchema && hasJsonSchema) {
    throw new GoogleInvalid(
      `* ${PROTO}.response_schema: only one of response_schema and response_json_schema may be set.\n`,
    );
  }
  if ((hasSchema || hasJsonSchema) && mimeType === 'text/plain') {
    throw new GoogleInvalid(
      `* ${PROTO}.response_schema: only allowed for \`application/json\` and \`text/x.enum\` response mimetypes.\n`,
    );
  }
  if (mimeType === 'text/plain') return {};
  // Gemini 3 takes both together.
  if (hasTools && /^gemini-[12]/.test(model)) {
    throw new GoogleInvalid(
      `Function calling with a response mime type: '${textOf(mimeType)}' is unsupported`,
    );
  }
  if (hasSchema) {
    const at = 'generation_config.response_schema';
    checkGoogleSchema(responseSchema, { at, proto: `${PROTO}.response_schema` });
    return { output: { kind: 'json_schema', schema: responseSchema as Record<string, unknown> } };
  }
  if (hasJsonSchema) {
    checkGoogleJsonSchema(responseJsonSchema, `${PROTO}.response_json_schema`);
    if (isObject(responseJsonSchema)) {
      return { output: { kind: 'json_schema', schema: responseJsonSchema } };
    }
  }
  return { output: { kind: 'json_object' } };
}
