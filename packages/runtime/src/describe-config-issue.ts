import type { z } from 'zod';

/** Keys that the documentation of later releases names: a clearer answer than "unknown key". */
export const LATER_KEYS: ReadonlySet<string> = new Set([
  'alerts',
  'cache',
  'guardrails',
  'telemetry',
  'templates',
]);

/** One line for each fault that a zod issue of the configuration stands for: where, what, and what to do. */
export function describeConfigIssue(issue: z.core.$ZodIssue): string[] {
  const place = issue.path.map(String).join('.') || '(top level)';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const full = issue.path.length > 0 ? `${place}.${key}` : key;
      return LATER_KEYS.has(key)
        ? `${full}: does not work in this release; remove it`
        : `${full}: is not a known key; correct or remove it`;
    });
  }
  if (issue.code === 'invalid_key') {
    return [`${place}: ${issue.issues[0]?.message ?? issue.message}`];
  }
  return [`${place}: ${issue.message}`];
}
