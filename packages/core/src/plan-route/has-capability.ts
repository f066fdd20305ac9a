import type { Capability, ModelEntry } from '@sluice/contracts';
import { maySupport } from '../check/check-subject.ts';
import { modelTakes } from '../check/check-media.ts';
import { mediaRules, type MediaKind } from '../media/media-rules.ts';

const MEDIA: Readonly<Partial<Record<Capability, MediaKind>>> = {
  vision: 'image',
  audio: 'audio',
  video: 'video',
  pdf: 'document',
};

/**
 * Capabilities without which a request can still be served: the adapter asks for the schema in other words, or
 * leaves the effort out, each with a warning. Models that have them go first; the others are left out only then.
 */
export const SOFT_CAPABILITIES: ReadonlySet<Capability> = new Set(['json_schema', 'reasoning']);

/** Whether a model has a capability; where the catalogue lists none, it is given the benefit of the doubt. */
export function hasCapability(
  need: Capability,
  { entry, vendor }: { entry: ModelEntry; vendor: string },
): boolean {
  switch (need) {
    case 'tools':
      return maySupport(entry, 'function_calling');
    case 'json_schema':
      return maySupport(entry, 'response_schema') || maySupport(entry, 'structured_outputs');
    case 'reasoning':
      return maySupport(entry, 'reasoning');
    default: {
      const kind = MEDIA[need] as MediaKind;
      return mediaRules(vendor).types[kind].length > 0 && modelTakes(kind, vendor, entry);
    }
  }
}
