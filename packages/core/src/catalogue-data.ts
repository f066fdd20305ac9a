import { modelEntrySchema, type ModelEntry } from '@sluice/contracts';
import { z } from 'zod';
import data from './catalogue-data.json' with { type: 'json' };

/** The built-in catalogue: entries by `<vendor>/<model>`, with the day on which their source was read. */
export interface CatalogueData {
  source: string;
  /** ISO date. */
  as_of: string;
  unit: string;
  models: Readonly<Record<string, ModelEntry>>;
}

const catalogueDataSchema = z.object({
  source: z.string(),
  as_of: z.iso.date(),
  unit: z.literal('US dollars per million tokens'),
  models: z.record(z.string(), modelEntrySchema),
});

/** Parses the data file; throws when it does not fit the schema. */
export function catalogueData(): CatalogueData {
  return catalogueDataSchema.parse(data);
}
