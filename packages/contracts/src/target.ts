import { z } from 'zod';

/** A provider and a model at it, written `openai/gpt-5.4-mini`. */
export type Target = `${string}/${string}`;

export interface TargetParts {
  provider: string;
  /** The vendor's model name; may itself contain slashes (`router/meta-llama/llama-4`). */
  model: string;
}

/** Splits a target at its first `/` only; null when there is none or a half is empty. */
export function parseTarget(text: string): TargetParts | null {
  const slash = text.indexOf('/');
  if (slash <= 0 || slash === text.length - 1) return null;
  return { provider: text.slice(0, slash), model: text.slice(slash + 1) };
}

export function formatTarget({ provider, model }: TargetParts): Target {
  return `${provider}/${model}`;
}

export const targetSchema = z
  .string()
  .max(256)
  .refine(
    (text): text is Target => parseTarget(text) !== null,
    'must be provider/model, for example openai/gpt-5.4-mini',
  );

/** Names of providers and routes: they become parts of queue names and Redis keys. */
export const nameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be lower-case letters, digits, - or _, at most 63 characters');
