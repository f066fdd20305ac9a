import type { SimulatedVendor } from './simulated-vendor.ts';

export interface SimulatedModel {
  vendor: SimulatedVendor;
  maxInputTokens: number;
  maxOutputTokens: number;
}

/** Models that a strict account knows, with the sizes that decide refusals. Source: the vendors' model pages, 2026-07. */
export const SIMULATOR_MODELS: Readonly<Record<string, SimulatedModel>> = {
  'gpt-4.1': { vendor: 'openai', maxInputTokens: 1_047_576, maxOutputTokens: 32_768 },
  'gpt-4.1-mini': { vendor: 'openai', maxInputTokens: 1_047_576, maxOutputTokens: 32_768 },
  'gpt-4.1-nano': { vendor: 'openai', maxInputTokens: 1_047_576, maxOutputTokens: 32_768 },
  'gpt-4o': { vendor: 'openai', maxInputTokens: 128_000, maxOutputTokens: 16_384 },
  'gpt-4o-mini': { vendor: 'openai', maxInputTokens: 128_000, maxOutputTokens: 16_384 },
  'gpt-5': { vendor: 'openai', maxInputTokens: 272_000, maxOutputTokens: 128_000 },
  'gpt-5-mini': { vendor: 'openai', maxInputTokens: 272_000, maxOutputTokens: 128_000 },
  'gpt-5-nano': { vendor: 'openai', maxInputTokens: 272_000, maxOutputTokens: 128_000 },
  'gpt-5.4': { vendor: 'openai', maxInputTokens: 1_050_000, maxOutputTokens: 128_000 },
  'gpt-5.4-mini': { vendor: 'openai', maxInputTokens: 400_000, maxOutputTokens: 128_000 },
  'gpt-5.4-nano': { vendor: 'openai', maxInputTokens: 400_000, maxOutputTokens: 128_000 },
  'gpt-5.5': { vendor: 'openai', maxInputTokens: 1_050_000, maxOutputTokens: 128_000 },
  o3: { vendor: 'openai', maxInputTokens: 200_000, maxOutputTokens: 100_000 },
  'o4-mini': { vendor: 'openai', maxInputTokens: 200_000, maxOutputTokens: 100_000 },
  'claude-3-haiku-20240307': { vendor: 'anthropic', maxInputTokens: 200_000, maxOutputTokens: 4_096 },
  'claude-haiku-4-5': { vendor: 'anthropic', maxInputTokens: 200_000, maxOutputTokens: 64_000 },
  'claude-sonnet-4-5': { vendor: 'anthropic', maxInputTokens: 200_000, maxOutputTokens: 64_000 },
  'claude-sonnet-4-6': { vendor: 'anthropic', maxInputTokens: 1_000_000, maxOutputTokens: 64_000 },
  'claude-sonnet-5': { vendor: 'anthropic', maxInputTokens: 1_000_000, maxOutputTokens: 128_000 },
  'claude-opus-4-5': { vendor: 'anthropic', maxInputTokens: 200_000, maxOutputTokens: 64_000 },
  'claude-opus-4-6': { vendor: 'anthropic', maxInputTokens: 1_000_000, maxOutputTokens: 128_000 },
  'claude-opus-4-7': { vendor: 'anthropic', maxInputTokens: 1_000_000, maxOutputTokens: 128_000 },
  'claude-opus-4-8': { vendor: 'anthropic', maxInputTokens: 1_000_000, maxOutputTokens: 128_000 },
  'claude-fable-5': { vendor: 'anthropic', maxInputTokens: 1_000_000, maxOutputTokens: 128_000 },
  'claude-mythos-5': { vendor: 'anthropic', maxInputTokens: 1_000_000, maxOutputTokens: 128_000 },
  'claude-opus-5': { vendor: 'anthropic', maxInputTokens: 1_000_000, maxOutputTokens: 128_000 },
  'gemini-2.0-flash': { vendor: 'google', maxInputTokens: 1_048_576, maxOutputTokens: 8_192 },
  'gemini-2.5-flash': { vendor: 'google', maxInputTokens: 1_048_576, maxOutputTokens: 65_536 },
  'gemini-2.5-flash-lite': { vendor: 'google', maxInputTokens: 1_048_576, maxOutputTokens: 65_536 },
  'gemini-2.5-pro': { vendor: 'google', maxInputTokens: 1_048_576, maxOutputTokens: 65_536 },
  'gemini-3-flash-preview': { vendor: 'google', maxInputTokens: 1_048_576, maxOutputTokens: 65_536 },
  'gemini-3.5-flash': { vendor: 'google', maxInputTokens: 1_048_576, maxOutputTokens: 65_536 },
};

/** What is known of a model, also by the name of one of its releases (`claude-opus-4-6-20260205`). */
export function simulatedModel(name: string | null): SimulatedModel | undefined {
  const known = (plain: string): SimulatedModel | undefined =>
    Object.hasOwn(SIMULATOR_MODELS, plain) ? SIMULATOR_MODELS[plain] : undefined;
  return known(name ?? '') ?? known((name ?? '').replace(/-(\d{8}|thinking)$/, ''));
}
