/** A model's name, taken apart: what stays the same over its family's members, and which member it is. */
export interface ModelFamily {
  /** Words of the name without version, date and release words: `['claude', 'haiku']`. */
  words: readonly string[];
  /** `[4, 5]` for `claude-haiku-4-5`; empty when the name carries none. */
  version: readonly number[];
}

const DATES = [/-\d{4}-\d{2}-\d{2}(?=-|$)/g, /-preview-\d{2}-\d{2,4}(?=-|$)/g];
/** Four or more digits (`0613`, `20251001`), or a padded revision (`001`). */
const DATE_OR_REVISION = /^(\d{4,8}|0\d\d)$/;
const RELEASE_WORDS: ReadonlySet<string> = new Set(['latest', 'preview', 'exp', 'beta', 'high', 'low']);

/**
 * Takes a vendor's model name apart. Understands the ways in which vendors write versions: `claude-haiku-4-5`,
 * `claude-3-haiku`, `gpt-5.4-mini`, `gpt-4o`, `o3-mini`, `deepseek-v4-pro`, `gemini-2.5-flash-lite`.
 */
export function modelFamily(name: string): ModelFamily {
  const words: string[] = [];
  const version: number[] = [];
  for (const token of DATES.reduce((text, date) => text.replace(date, ''), name.toLowerCase()).split('-')) {
    if (token === '' || RELEASE_WORDS.has(token) || DATE_OR_REVISION.test(token)) continue;
    const match = /^(o|v)?(\d{1,3}(?:\.\d{1,3})*)(o)?$/.exec(token);
    if (!match) {
      words.push(token);
      continue;
    }
    version.push(...(match[2] as string).split('.').map(Number));
    if (match[1] === 'o') words.push('o');
  }
  return { words, version };
}

/** Negative when `left` is the older version. */
export function compareVersions(left: readonly number[], right: readonly number[]): number {
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
