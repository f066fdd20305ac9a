import type { ChatRequest, Warning } from '@sluice/contracts';
import { isJsonObject, type JsonObject } from './json-object.ts';
import { parameterDropped } from './parameter-warning.ts';

/** Fields that the broker owns: it would misread or misprice an answer whose request changed them. */
const OWNED: ReadonlySet<string> = new Set(['model', 'stream', '__proto__']);

/**
 * The vendor's request with `provider_options.<name>` laid over it, for each of `names` in order. Objects are
 * merged field by field, tools (a vendor's own ones) stand beside those of the request, everything else is replaced.
 * Builds a new object.
 */
export function mergeProviderOptions<Body extends object>(
  body: Body,
  { provider_options: options }: ChatRequest,
  names: readonly string[],
): { body: Body; warnings: Warning[] } {
  const warnings: Warning[] = [];
  let merged = { ...body } as JsonObject;
  for (const name of new Set(names)) {
    if (!options || !Object.hasOwn(options, name)) continue;
    const raw = options[name] as JsonObject;
    for (const owned of Object.keys(raw).filter((key) => OWNED.has(key))) {
      warnings.push(
        parameterDropped(`provider_options.${name}.${owned}`, 'the broker sets this field itself'),
      );
    }
    const over = Object.fromEntries(Object.entries(raw).filter(([key]) => !OWNED.has(key)));
    const { tools } = merged;
    merged = merge(merged, over);
    if (Array.isArray(tools) && Array.isArray(over['tools'])) {
      merged['tools'] = [...(tools as unknown[]), ...(structuredClone(over['tools']) as unknown[])];
    }
  }
  return { body: merged as Body, warnings };
}

function merge(base: JsonObject, over: JsonObject): JsonObject {
  const result: JsonObject = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (key === '__proto__') continue;
    const before = Object.hasOwn(result, key) ? result[key] : undefined;
    result[key] = isJsonObject(before) && isJsonObject(value) ? merge(before, value) : structuredClone(value);
  }
  return result;
}
