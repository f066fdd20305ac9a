import type { ModelEntry } from '@sluice/contracts';
import { compareVersions, modelFamily } from './model-family.ts';

export interface KnownModel {
  name: string;
  entry: ModelEntry;
}

/**
 * The known model that an unknown one most likely behaves like: the same version of its family (a new date or
 * alias of it), else its family's newest member, else the newest of the nearest wider family
 * (`gpt-5.9-zeta` → `gpt`). Null when not even the first word is known.
 */
export function newestOfFamily(name: string, known: readonly KnownModel[]): KnownModel | null {
  const wanted = modelFamily(name);
  const candidates = known.map((model) => ({ model, family: modelFamily(model.name) }));
  for (let length = wanted.words.length; length > 0; length -= 1) {
    const prefix = wanted.words.slice(0, length);
    const members = candidates.filter(({ family }) => sameWords(family.words, prefix));
    const relatives =
      members.length > 0
        ? members
        : candidates.filter(({ family }) => sameWords(family.words.slice(0, length), prefix));
    if (relatives.length === 0) continue;
    const twin = relatives.filter(
      ({ family }) =>
        length === wanted.words.length &&
        wanted.version.length > 0 &&
        compareVersions(family.version, wanted.version) === 0,
    );
    return pickNewest(twin.length > 0 ? twin : relatives);
  }
  return null;
}

interface Candidate {
  model: KnownModel;
  family: ReturnType<typeof modelFamily>;
}

/** Of equally new ones the one that refuses most: a parameter dropped with a warning beats a refused request. */
function pickNewest(candidates: readonly Candidate[]): KnownModel | null {
  const [first] = candidates.toSorted(
    (left, right) =>
      compareVersions(right.family.version, left.family.version) ||
      (right.model.entry.rejects?.length ?? 0) - (left.model.entry.rejects?.length ?? 0) ||
      left.model.name.length - right.model.name.length ||
      (left.model.name < right.model.name ? -1 : 1),
  );
  return first?.model ?? null;
}

function sameWords(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((word, index) => word === right[index]);
}
