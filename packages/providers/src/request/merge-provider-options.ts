import type { ChatRequest, Warning } from '@sluice/contracts';
import { parameterDropped } from './parameter-warning.ts';

type JsonObject = Record<string, unknown>;

/** Fields that the broker owns: it would misread or misprice an answer whose request changed them. */
const OWNED: ReadonlySet<string> = new Set(['model', 'stream', '__proto__']);

/**
 * The vendor's request with `provider_options.<name>` laid over it, for each of `names` in order. Objects are
 * merged field by field, everything else is replaced. Builds a new object.
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
    merged = merge(merged, Object.fromEntries(Object.entries(raw).filter(([key]) => !OWNED.has(key))));
  }
  return { body: merged as Body, warnings };
}

function merge(base: JsonObject, over: JsonObject): JsonObject {
  const result: JsonObject = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (key === '__proto__') continue;
    const before = Object.hasOwn(result, key) ? result[key] : undefined;
    result[key] = isObject(before) && isObject(value) ? merge(before, value) : structuredClone(value);
  }
  return result;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
