import { GoogleInvalid } from './google-invalid.ts';
import { googleObject } from './google-object.ts';
import { googleViolation } from './google-violation.ts';

const CATEGORIES = [
  'HARM_CATEGORY_HARASSMENT',
  'HARM_CATEGORY_HATE_SPEECH',
  'HARM_CATEGORY_SEXUALLY_EXPLICIT',
  'HARM_CATEGORY_DANGEROUS_CONTENT',
  'HARM_CATEGORY_CIVIC_INTEGRITY',
];
const THRESHOLDS = [
  'HARM_BLOCK_THRESHOLD_UNSPECIFIED',
  'BLOCK_LOW_AND_ABOVE',
  'BLOCK_MEDIUM_AND_ABOVE',
  'BLOCK_ONLY_HIGH',
  'BLOCK_NONE',
  'OFF',
];
const TYPES = 'type.googleapis.com/google.ai.generativelanguage.v1beta';

/** Refuses safety settings with unknown names, or two for one category. */
export function checkGoogleSafety(value: unknown): void {
  if (value === undefined || value === null) return;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const seen = new Set<string>();
  list.forEach((item, index) => {
    const at = `safety_settings[${index}]`;
    const setting = googleObject(item, new Set(['category', 'threshold']), at);
    const category = String(setting['category']);
    if (!CATEGORIES.includes(category)) {
      googleViolation(
        `${at}.category`,
        `Invalid value at '${at}.category' (${TYPES}.HarmCategory), ${JSON.stringify(setting['category'])}`,
      );
    }
    if (!THRESHOLDS.includes(String(setting['threshold']))) {
      googleViolation(
        `${at}.threshold`,
        `Invalid value at '${at}.threshold' (${TYPES}.SafetySetting.HarmBlockThreshold), ${JSON.stringify(setting['threshold'])}`,
      );
    }
    if (seen.has(category)) {
      throw new GoogleInvalid(
        `* GenerateContentRequest.${at}: element predicate failed: only one safety setting per category may be set\n`,
      );
    }
    seen.add(category);
  });
}
