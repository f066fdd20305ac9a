/** A text in the pieces that a stream sends: words with the space before them, long ones in parts. */
export function splitPieces(text: string): string[] {
  return text.match(/\s*\S{1,24}|\s+$/g) ?? [];
}
