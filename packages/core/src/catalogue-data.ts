import { modelEntrySchema, type ModelEntry } from '@sluice/contracts';
import { z } from 'zod';
import data from './catalogue-data.json' with { type: 'json' };

/** The built-in catalogue: entries by `<vendor>/<model>`, with the day on which their source was read. */
export interface CatalogueData {
  source: string;
  /** ISO date. */
  as_of: string;
  /** Vendors whose entries have a source of their own. */
  sources: Readonly<Record<string, { source: string; as_of: string }>>;
  /** The rule by which classes and scores were given. */
  quality_source: string;
  unit: string;
  models: Readonly<Record<string, ModelEntry>>;
}

const catalogueDataSchema = z.object({
  source: z.string(),
  as_of: z.iso.date(),
  sources: z.record(z.string(), z.object({ source: z.string(), as_of: z.iso.date() })),
  quality_source: z.string(),
  unit: z.literal('US dollars per million tokens'),
  models: z.record(z.string(), modelEntrySchema),
});

let parsed: CatalogueData | null = null;

/** Parses the data file, once; throws when it does not fit the schema. */
export function catalogueData(): CatalogueData {
  return (parsed ??= catalogueDataSchema.parse(data));
}
