import type { ChatRequest } from '@sluice/contracts';
import { isJsonObject, type JsonObject } from '../request/json-object.ts';

/** Objects of the vendor's own fields; others hold the caller's names (schemas, arguments). */
const NESTED: ReadonlySet<string> = new Set([
  'generationConfig',
  'thinkingConfig',
  'toolConfig',
  'functionCallingConfig',
]);

/**
 * `provider_options.google` with the vendor's spelling: fields in snake case as well as in camel case, and safety
 * settings also short, as `{harassment: "none"}`.
 */
export function googleOptions({ provider_options: options }: ChatRequest): JsonObject {
  const own = options && Object.hasOwn(options, 'google') ? options['google'] : undefined;
  if (!isJsonObject(own)) return {};
  const camel = camelFields(own);
  return 'safetySettings' in camel
    ? { ...camel, safetySettings: safetySettings(camel['safetySettings']) }
    : camel;
}

function camelFields(fields: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const key = name.replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
      return [key, NESTED.has(key) && isJsonObject(value) ? camelFields(value) : value] as const;
    }),
  );
}

/** Source: Gemini API reference, "SafetySetting": HarmCategory and HarmBlockThreshold. */
function safetySettings(settings: unknown): unknown {
  if (Array.isArray(settings)) {
    return settings.map((setting: unknown) =>
      isJsonObject(setting)
        ? { ...setting, category: category(setting['category']), threshold: threshold(setting['threshold']) }
        : setting,
    );
  }
  if (!isJsonObject(settings)) return settings;
  return Object.entries(settings).map(([name, value]) => ({
    category: category(name),
    threshold: threshold(value),
  }));
}

const CATEGORIES: ReadonlySet<string> = new Set([
  'HARASSMENT',
  'HATE_SPEECH',
  'SEXUALLY_EXPLICIT',
  'DANGEROUS_CONTENT',
  'CIVIC_INTEGRITY',
]);
const THRESHOLDS: Readonly<Record<string, string>> = {
  NONE: 'BLOCK_NONE',
  OFF: 'OFF',
  ONLY_HIGH: 'BLOCK_ONLY_HIGH',
  HIGH: 'BLOCK_ONLY_HIGH',
  MEDIUM: 'BLOCK_MEDIUM_AND_ABOVE',
  MEDIUM_AND_ABOVE: 'BLOCK_MEDIUM_AND_ABOVE',
  LOW: 'BLOCK_LOW_AND_ABOVE',
  LOW_AND_ABOVE: 'BLOCK_LOW_AND_ABOVE',
};

function category(name: unknown): unknown {
  const key = upper(name);
  return key !== null && CATEGORIES.has(key) ? `HARM_CATEGORY_${key}` : (key ?? name);
}

function threshold(name: unknown): unknown {
  const key = upper(name);
  return key === null ? name : (THRESHOLDS[key] ?? key);
}

/** `hateSpeech` and `hate_speech` are both HATE_SPEECH. */
function upper(name: unknown): string | null {
  return typeof name === 'string' ? name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase() : null;
}
