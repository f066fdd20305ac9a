import type { GoogleCandidate } from './answer-schema.ts';

interface TokenLogprob {
  token: string;
  logprob: number;
  bytes: number[];
}

/** Logprobs in OpenAI's form. Source: Gemini API reference, "LogprobsResult". */
export function logprobsOf(
  result: GoogleCandidate['logprobsResult'],
): (TokenLogprob & { top_logprobs: TokenLogprob[] })[] {
  return (result?.chosenCandidates ?? []).map((chosen, index) => ({
    ...tokenOf(chosen),
    top_logprobs: (result?.topCandidates?.[index]?.candidates ?? []).map(tokenOf),
  }));
}

function tokenOf({ token, logProbability }: { token: string; logProbability: number }): TokenLogprob {
  return { token, logprob: logProbability, bytes: [...Buffer.from(token)] };
}
