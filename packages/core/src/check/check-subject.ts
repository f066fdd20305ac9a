import type { ChatRequest, ModelEntry } from '@sluice/contracts';

/** What is checked, and against what. */
export interface CheckSubject {
  request: ChatRequest;
  /** `provider/model`, for messages. */
  target: string;
  entry: ModelEntry;
  /** The provider's kind. */
  vendor: string;
}

/** Whether the model has a feature; where the catalogue lists none, it is given the benefit of the doubt. */
export function maySupport(entry: ModelEntry, feature: string): boolean {
  return entry.supports === undefined || entry.supports.includes(feature);
}
