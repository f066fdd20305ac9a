import type { GoogleCandidate } from './answer-schema.ts';

/** The categories of harm that caused a block, as `provider_options.google.safety_settings` calls them. */
export function blockedCategories(ratings: GoogleCandidate['safetyRatings']): string[] {
  return (ratings ?? [])
    .filter((rating) => rating.blocked)
    .map(({ category }) => category.replace(/^HARM_CATEGORY_/, '').toLowerCase());
}
