/** At most so many words are looked at. */
const MAX_LENGTH = 4_000;

/** The longest plain word of a text, so that answers differ visibly. */
export function topicOf(text: string): string {
  const words = text.slice(0, MAX_LENGTH).match(/[A-Za-z]{4,16}/g) ?? [];
  return words
    .reduce((longest, word) => (word.length > longest.length ? word : longest), 'this')
    .toLowerCase();
}

/** Words that an argument may be filled with: names first (capitals inside a sentence), then the topic. */
export function topicWords(text: string): string[] {
  const names = Array.from(
    text.slice(0, MAX_LENGTH).matchAll(/(?<=[a-z,:;] )[A-Z][A-Za-z]{2,}/g),
    (match) => match[0],
  );
  return [...new Set([...names, topicOf(text)])];
}
