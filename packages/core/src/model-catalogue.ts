import { createHash } from 'node:crypto';
import {
  formatTarget,
  parseTarget,
  type Config,
  type ModelEntry,
  type Target,
  type Warning,
} from '@sluice/contracts';
import { catalogueData } from './catalogue-data.ts';
import { newestOfFamily, type KnownModel } from './newest-of-family.ts';

export interface ResolvedModel {
  entry: ModelEntry;
  /** The provider's kind: whose wire format and catalogue it is. */
  vendor: string;
  /** False when the entry is a guess from the model's family, or empty. */
  known: boolean;
  /** `unknown_model` when not known. */
  warning: Warning | null;
  /** Who says so of `entry.class` and `entry.quality`: the catalogue's rule, or `sluice.yaml`. Null without either. */
  qualitySource: string | null;
  /**
   * Which price list `entry.price` is of: the catalogue's date (with the model that an unknown one was priced as),
   * or `config/<hash>` for a price of `sluice.yaml`. Null without a price.
   */
  priceVersion: string | null;
}

export interface ModelCatalogue {
  /** Never throws: a target without a provider of the configuration is an unknown model. */
  resolve(target: Target): ResolvedModel;
  /** Targets of the configured providers that serve a plain model name, in the order of the configuration. */
  targetsOfModel(plainName: string): Target[];
  /** The same; for a model that no provider lists, those of the providers that take any (`catch_all`). */
  targetsToCall(plainName: string): Target[];
}

export interface ModelCatalogueOptions {
  /** `models` of `sluice.yaml`; each field given replaces that field of the built-in entry. */
  overrides: Config['models'];
  providers: Config['providers'];
}

/** What is known about models: the built-in catalogue under the overrides of the configuration. */
export function createModelCatalogue({ overrides, providers }: ModelCatalogueOptions): ModelCatalogue {
  const { as_of: newest, sources, models, quality_source: qualityRule } = catalogueData();
  const byVendor = groupByVendor(models);
  const resolved = new Map<Target, ResolvedModel>();

  function resolve(target: Target): ResolvedModel {
    const known = resolved.get(target);
    if (known) return known;
    const found = look(target);
    // Names come from callers: what is kept is bounded.
    if (resolved.size < MAX_KEPT) resolved.set(target, found);
    return found;
  }

  function look(target: Target): ResolvedModel {
    const parts = parseTarget(target);
    const vendor = (parts && own(providers, parts.provider)?.kind) ?? 'unknown';
    const model = parts?.model ?? target;
    const builtIn = own(models, `${vendor}/${model}`);
    const override = own(overrides, target);
    const relative = builtIn ? null : newestOfFamily(model, byVendor.get(vendor) ?? []);
    const base = builtIn ?? relative?.entry ?? {};
    const entry = override ? { ...base, ...override } : base;
    const known = builtIn !== undefined || override !== undefined;
    const asOf = own(sources, vendor)?.as_of ?? newest;
    return {
      entry,
      vendor,
      known,
      warning: known ? null : unknownModel(target, relative),
      qualitySource: qualitySource({ entry, override, qualityRule }),
      priceVersion: priceVersion({ entry, override, relative, asOf }),
    };
  }

  function targetsOfModel(plainName: string): Target[] {
    return Object.entries(providers)
      .filter(([provider, { kind }]) => {
        const target = formatTarget({ provider, model: plainName });
        return own(models, `${kind}/${plainName}`) !== undefined || own(overrides, target) !== undefined;
      })
      .map(([provider]) => formatTarget({ provider, model: plainName }));
  }

  function targetsToCall(plainName: string): Target[] {
    const listed = targetsOfModel(plainName);
    if (listed.length > 0) return listed;
    return Object.entries(providers)
      .filter(([, { catch_all: takesAny }]) => takesAny)
      .map(([provider]) => formatTarget({ provider, model: plainName }));
  }

  return { resolve, targetsOfModel, targetsToCall };
}

const MAX_KEPT = 10_000;

function qualitySource({
  entry,
  override,
  qualityRule,
}: {
  entry: ModelEntry;
  override: ModelEntry | undefined;
  qualityRule: string;
}): string | null {
  if (override?.class || override?.quality) return 'sluice.yaml';
  return entry.class || entry.quality ? qualityRule : null;
}

function groupByVendor(models: Readonly<Record<string, ModelEntry>>): Map<string, KnownModel[]> {
  const groups = new Map<string, KnownModel[]>();
  for (const [key, entry] of Object.entries(models)) {
    const parts = parseTarget(key);
    if (!parts) continue;
    const group = groups.get(parts.provider) ?? [];
    group.push({ name: parts.model, entry });
    groups.set(parts.provider, group);
  }
  return groups;
}

function unknownModel(target: Target, relative: KnownModel | null): Warning {
  const consequence = relative
    ? `it is treated and priced as "${relative.name}"`
    : 'its limits and price are unknown';
  return {
    code: 'unknown_model',
    message: `The model of "${target}" is not in the catalogue: ${consequence}. Describe it under "models" in sluice.yaml.`,
    param: 'model',
    target,
  };
}

function priceVersion({
  entry,
  override,
  relative,
  asOf,
}: {
  entry: ModelEntry;
  override: ModelEntry | undefined;
  relative: KnownModel | null;
  asOf: string;
}): string | null {
  if (!entry.price) return null;
  if (override?.price) {
    const digest = createHash('sha256').update(JSON.stringify(override.price)).digest('hex');
    return `config/${digest.slice(0, 8)}`;
  }
  return relative ? `${asOf}/${relative.name}` : asOf;
}

/** Names come from callers, so `constructor` must not find what every object inherits. */
function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
