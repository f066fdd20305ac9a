import type { ToolCall } from '@sluice/contracts';
import { UnsendableRequest } from '../errors/unsendable-request.ts';
import { isJsonObject, type JsonObject } from './json-object.ts';

/**
 * The arguments of an earlier tool call as an object, for vendors that take no JSON text; empty text is `{}`.
 * Throws {@link UnsendableRequest} when they are not the JSON of an object.
 */
export function toolArguments({ id, function: { name, arguments: text } }: Readonly<ToolCall>): JsonObject {
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UnsendableRequest(
      `messages: the arguments of tool call "${id}" (${name}) are not valid JSON, and this provider takes no other.`,
    );
  }
  if (!isJsonObject(value)) {
    throw new UnsendableRequest(
      `messages: the arguments of tool call "${id}" (${name}) are JSON, but not an object.`,
    );
  }
  return value;
}
