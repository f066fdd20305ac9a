import { splitPieces } from '../split-pieces.ts';

const ALTERNATIVES = [' the', ' a', ' an', ' it', ' this', ' that', ' one', ' and', ' of', ' to'];

function tokenOf(token: string, logprob: number): object {
  return { token, logprob, bytes: [...Buffer.from(token)] };
}

/** Log probabilities of a text's pieces with `top` alternatives each, the chosen one first. */
export function openaiLogprobs(text: string, top: number): object {
  const content = splitPieces(text).map((piece, index) => {
    const chosen = -((index % 7) + 1) / 100;
    const others = Array.from({ length: Math.max(0, top - 1) }, (_, rank) =>
      tokenOf(ALTERNATIVES[rank % ALTERNATIVES.length]!, -2 - rank),
    );
    const best = top > 0 ? [tokenOf(piece, chosen)] : [];
    return { ...tokenOf(piece, chosen), top_logprobs: [...best, ...others] };
  });
  return { content, refusal: null };
}
