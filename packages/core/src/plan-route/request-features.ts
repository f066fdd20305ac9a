import type { Capability, ChatRequest, Task } from '@sluice/contracts';
import { estimateTokens } from '../estimate-tokens.ts';
import { mediaTokens } from '../media-tokens.ts';
import { neededCapabilities } from './needed-capabilities.ts';

/** What the router sees of a request: read once, whatever the number of targets. */
export interface RequestFeatures {
  /** Estimated tokens of the text alone. */
  textTokens: number;
  /** With images and files, as the dearest vendor counts them. */
  inputTokens: number;
  /** The maximum that the caller sets, else what is expected. */
  outputTokens: number;
  needs: readonly Capability[];
  /** As the caller says; null when that is not known. */
  task: Task | null;
  /** How hard the request looks, 0 to 1; null when nobody has judged it. */
  complexity: number | null;
}

export interface RequestFeaturesOptions {
  task?: Task | undefined;
  complexity?: number | null;
}

/** Reads a request's features. Takes time in proportion to its size, so it is done once for each submission. */
export function requestFeatures(
  request: ChatRequest,
  { task, complexity = null }: RequestFeaturesOptions = {},
): RequestFeatures {
  const { input, output } = estimateTokens(request, { margin: 0 });
  return {
    textTokens: input - mediaTokens(request),
    inputTokens: input,
    outputTokens: output,
    needs: neededCapabilities(request),
    task: task ?? null,
    complexity,
  };
}
