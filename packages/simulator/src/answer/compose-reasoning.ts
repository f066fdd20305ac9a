const THOUGHTS = [
  'The question is narrow, so the answer can be direct.',
  'First the facts that are given, then what follows from them.',
  'One assumption needs checking before it is used.',
  'The simplest reading is probably the one that is meant.',
];

/** What the model thinks, in so many tokens of four characters; the same for the same draws. */
export function composeReasoning(tokens: number, random: () => number): string {
  if (tokens <= 0) return '';
  const sentences: string[] = [];
  for (let length = 0; length < tokens * 4; length += sentences.at(-1)!.length + 1) {
    sentences.push(THOUGHTS[Math.floor(random() * THOUGHTS.length)]!);
  }
  return sentences.join(' ').slice(0, tokens * 4);
}
