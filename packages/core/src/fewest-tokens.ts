/** Characters that one token holds at most, in ordinary use of each kind of script. */
const LETTERS_PER_TOKEN = 16;
const IDEOGRAPHS_PER_TOKEN = 4;
const DIGITS_PER_TOKEN = 3;

const RUNS = /([\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]+)|([\p{L}\p{M}]+)|(\p{N}+)/gu;

/**
 * A number of tokens that a text has at least, whatever the tokenizer: none of those in use joins words or puts
 * more into one token than counted here. Meant to refuse what surely does not fit; a usual text has about 1.5
 * times as many.
 */
export function fewestTokens(text: string): number {
  let tokens = 0;
  for (const [run, ideographs, letters] of text.matchAll(RUNS)) {
    const perToken = ideographs ? IDEOGRAPHS_PER_TOKEN : letters ? LETTERS_PER_TOKEN : DIGITS_PER_TOKEN;
    tokens += Math.ceil(run.length / perToken);
  }
  return tokens;
}
