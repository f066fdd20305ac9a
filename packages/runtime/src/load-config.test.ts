import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  configSchema,
  httpConfigSchema,
  limitsSchema,
  modelEntrySchema,
  providerConfigSchema,
  retentionConfigSchema,
  retriesConfigSchema,
  routeConfigSchema,
  storageConfigSchema,
  tenantConfigSchema,
  timeoutsSchema,
  webhooksConfigSchema,
} from '@sluice/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from './config-error.ts';
import { LATER_KEYS } from './describe-config-issue.ts';
import { loadConfig } from './load-config.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function load(yaml: string, env: Record<string, string> = {}): ReturnType<typeof loadConfig> {
  const path = join(folder, 'sluice.yaml');
  writeFileSync(path, yaml);
  return loadConfig({ path, env });
}

function faultsOf(yaml: string, env: Record<string, string> = {}): string {
  try {
    load(yaml, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('without a file', () => {
  test('the built-in providers take their keys from the environment', () => {
    const config = loadConfig({ env: { OPENAI_API_KEY: 'sk-1', GEMINI_API_KEY: '' } });
    expect(config.providers['openai']).toMatchObject({ kind: 'openai', api_key: 'sk-1' });
    expect(config.providers['anthropic']).not.toHaveProperty('api_key');
    expect(config.providers['google']).not.toHaveProperty('api_key');
    expect(config.routes['default']?.targets).toHaveLength(3);
    expect(config.durability).toBe('fsync');
  });

  test('a file that SLUICE_CONFIG names and that is not there is an error', () => {
    expect(() => loadConfig({ env: { SLUICE_CONFIG: '/nowhere/sluice.yaml' } })).toThrow(
      /\/nowhere\/sluice\.yaml can't be read/,
    );
  });
});

describe('references', () => {
  const yaml = `
providers:
  openai: { kind: openai, api_key: \${KEY}, limits: { requests_per_minute: \${RPM:-500} } }
  anthropic: { kind: anthropic, api_keys: [{ name: main, key: \${OTHER_KEY} }] }
webhooks: { allow_private_network: \${PRIVATE:-false} }
`;
  test('are replaced inside flow mappings, and defaults and numbers work', () => {
    const config = load(yaml, { KEY: 'k1', OTHER_KEY: 'k2', RPM: '60', PRIVATE: 'true' });
    expect(config.providers['openai']).toMatchObject({ api_key: 'k1', limits: { requests_per_minute: 60 } });
    expect(config.providers['anthropic']?.api_keys).toEqual([{ name: 'main', key: 'k2' }]);
    expect(config.webhooks.allow_private_network).toBe(true);
    expect(load(yaml, { KEY: 'k', OTHER_KEY: 'k' }).providers['openai']?.limits?.requests_per_minute).toBe(
      500,
    );
  });

  test('of keys that are not set leave the provider without a key', () => {
    const config = load(yaml);
    expect(config.providers['openai']).not.toHaveProperty('api_key');
    expect(config.providers['anthropic']).not.toHaveProperty('api_keys');
  });

  test('never become syntax, and a key of digits stays text', () => {
    const config = load(yaml, { KEY: 'a: b # {c}\n', OTHER_KEY: '12345' });
    expect(config.providers['openai']?.api_key).toBe('a: b # {c}\n');
    expect(config.providers['anthropic']?.api_keys?.[0]?.key).toBe('12345');
  });

  test('within quotes are text, and may be part of a value', () => {
    const config = load(
      `providers: { a: { kind: vllm, base_url: "http://\${HOST:-localhost}:\${PORT}/v1" } }`,
      { PORT: '8000' },
    );
    expect(config.providers['a']?.base_url).toBe('http://localhost:8000/v1');
  });

  test('that are not set and have no default are named; comments do not count', () => {
    const message = faultsOf('# ${NOT_USED}\nproviders: { a: { kind: vllm, region: "${REGION}" } }');
    expect(message).toContain('REGION');
    expect(message).not.toContain('NOT_USED');
  });
});

describe('faults', () => {
  test('are all listed with their place', () => {
    const message = faultsOf(`
providers: { Open_AI: { kind: openai }, b: { kind: nobody } }
routes: { default: { targets: [X], rounds: 99 } }
durability: maybe
colour: red
`);
    for (const place of [
      'providers',
      'providers.b.kind',
      'routes.default.targets.0',
      'routes.default.rounds',
      'durability',
      'colour',
    ]) {
      expect(message).toContain(`  ${place}`);
    }
    expect(message).toMatch(/colour: is not a known key/);
  });

  test.each(['alerts', 'cache', 'templates', 'guardrails', 'telemetry'])(
    '%s does not work in this release',
    (key) => {
      expect(faultsOf(`${key}: {}`)).toContain(`${key}: does not work in this release; remove it`);
    },
  );

  test('a strategy that does not exist is refused, and those that do are named', () => {
    const message = faultsOf(
      'providers: { a: { kind: openai } }\nroutes: { r: { strategy: cascade, targets: [a/x] } }',
    );
    expect(message).toMatch(/routes\.r\.strategy: must be one of ordered, cheapest, .* in this release/);
  });

  test('routes that do not exist, that lead back to themselves, and rules without a condition', () => {
    const message = faultsOf(`
providers: { a: { kind: openai } }
routes:
  one: { targets: [a/x, two] }
  two: { targets: [a/x], when: [{ if: { tags: big }, use: three }] }
  three: { targets: [one, four, b/y] }
`);
    expect(message).toContain(
      'routes.three.targets.1: route "four" does not exist (there are: one, two, three)',
    );
    expect(message).toContain('routes.three.targets.2: provider "b" is not configured (there are: a)');
    expect(message).toContain('routes.one: leads back to itself (one → two → three → one)');
    expect(
      faultsOf(
        'providers: { a: { kind: openai } }\nroutes: { r: { targets: [a/x], when: [{ if: {}, use: a/x }] } }',
      ),
    ).toContain('routes.r.when.0.if: must name a condition');
  });

  test('a route to a provider that is not configured is refused', () => {
    const message = faultsOf('providers: { a: { kind: openai } }\nroutes: { r: { targets: [a/x, b/y] } }');
    expect(message).toContain('routes.r.targets.1: provider "b" is not configured (there are: a)');
  });

  test('text that is not YAML is told with its line', () => {
    expect(faultsOf('providers:\n  a: { kind: openai\nroutes: {}')).toMatch(/is not YAML.*line \d/s);
    expect(faultsOf('- a\n- b')).toContain('must hold keys');
    expect(faultsOf('durability: memory\ndurability: fsync')).toMatch(/unique/);
  });
});

test('a file without providers gets the built-in ones, and an empty one counts as none', () => {
  expect(Object.keys(load('durability: memory').providers)).toEqual(['openai', 'anthropic', 'google']);
  expect(load('durability: memory').durability).toBe('memory');
  expect(Object.keys(load('').routes)).toEqual(['default']);
});

test('the examples of docs/configuration.md are accepted', () => {
  const text = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
  const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml as string);
  expect(examples).toHaveLength(3);
  const keys = { OPENAI_API_KEY: 'k1', ANTHROPIC_API_KEY: 'k2', GEMINI_API_KEY: 'k3' };
  const [builtIn, whole] = examples.map((yaml) => load(yaml, keys));
  expect(builtIn).toEqual(loadConfig({ env: keys }));
  expect(Object.keys(whole?.routes ?? {})).toEqual(['default', 'at-home']);
});

test('docs/configuration.md names every key there is, and none as coming that is there', () => {
  const text = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
  const { shape } = configSchema;
  const keys = [
    shape,
    providerConfigSchema.shape,
    routeConfigSchema.in.shape,
    webhooksConfigSchema.shape,
    httpConfigSchema.shape,
    limitsSchema.shape,
    tenantConfigSchema.shape,
    modelEntrySchema.shape,
    retentionConfigSchema.shape,
    retriesConfigSchema.shape,
    timeoutsSchema.shape,
    ...storageConfigSchema.options.map((option) => option.shape),
  ].flatMap((fields) => Object.keys(fields));
  expect(keys.filter((key) => !new RegExp(`\\b${key}\\b`).test(text))).toEqual([]);
  const coming = /Keys that a later release will bring say so: ([^.]*)\./.exec(text)?.[1] ?? '';
  expect(new Set([...coming.matchAll(/`(\w+)`/g)].map(([, key]) => key))).toEqual(LATER_KEYS);
  expect(keys.filter((key) => LATER_KEYS.has(key))).toEqual([]);
});
