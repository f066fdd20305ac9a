import type { ChatRequest, ModelEntry, ProviderKind } from '@sluice/contracts';

/** A model that stands for what a vendor's current models take; a case may name another. */
export const USUAL_MODELS: Readonly<Partial<Record<ProviderKind, string>>> = {
  openai: 'gpt-5.4-mini',
  anthropic: 'claude-sonnet-4-6',
  google: 'gemini-2.5-flash',
  deepseek: 'deepseek-chat',
  xai: 'grok-4.5',
};

/** One request that every vendor is asked to take. What each is sent is kept in `test/conformance/translation`. */
export interface TranslationCase {
  /** Also the name of its file. */
  name: string;
  request: ChatRequest;
  /** Instead of {@link USUAL_MODELS}. */
  models?: Readonly<Partial<Record<ProviderKind, string>>>;
  /** Instead of what the catalogue knows. */
  entry?: ModelEntry;
  /** The request holds a signature that this vendor has not made and would refuse. */
  forgedFor?: ProviderKind;
}
