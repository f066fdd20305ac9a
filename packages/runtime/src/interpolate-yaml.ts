import { isScalar, LineCounter, parseDocument, visit, type Scalar } from 'yaml';
import { ConfigError } from './config-error.ts';

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;
const PLACEHOLDER = /__sluice_reference_(\d+)__/g;

/** Fields that hold a secret: left out when their variable is not set, and never read as a number. */
const SECRET_FIELDS = new Set(['api_key', 'key', 'access_key_id', 'secret_access_key']);

interface Reference {
  name: string;
  fallback: string | undefined;
}

/**
 * Parses YAML and replaces `${NAME}` and `${NAME:-default}` in its values from `env`.
 * References are set aside before YAML is parsed: `{ api_key: ${KEY} }` would not be YAML otherwise, and a
 * variable's value can never become syntax. An unquoted value that is one reference alone is read as YAML reads
 * it, so `${RPM:-500}` is a number; within quotes it stays text. A secret whose variable is not set is left out.
 * @throws ConfigError for text that is not YAML and for variables that are neither set nor defaulted.
 */
export function interpolateYaml(
  text: string,
  { env, path }: { env: NodeJS.ProcessEnv; path: string },
): unknown {
  const references: Reference[] = [];
  const safeText = text.replace(REFERENCE, (_match, name: string, fallback: string | undefined) => {
    references.push({ name, fallback });
    return `__sluice_reference_${references.length - 1}__`;
  });
  const lineCounter = new LineCounter();
  const document = parseDocument(safeText, { lineCounter, uniqueKeys: true });
  if (document.errors.length > 0) {
    const faults = document.errors.map((error) => {
      const { line, col } = lineCounter.linePos(error.pos[0]);
      return `  line ${line}, column ${col}: ${(error.message.split('\n')[0] ?? '').replace(/ at line \d+.*$/, '')}`;
    });
    throw new ConfigError(`${path} is not YAML. Correct:\n${faults.join('\n')}`);
  }

  const missing = new Set<string>();
  visit(document, {
    Pair(_key, pair) {
      if (!isScalar(pair.value) || typeof pair.value.value !== 'string') return undefined;
      const field = isScalar(pair.key) ? String(pair.key.value) : '';
      const resolved = resolveScalar(pair.value, field);
      if (resolved === undefined) return visit.REMOVE;
      pair.value.value = resolved;
      return visit.SKIP;
    },
    Scalar(key, scalar) {
      if (key === 'key' || typeof scalar.value !== 'string') return;
      scalar.value = resolveScalar(scalar, '') ?? null;
    },
  });
  if (missing.size > 0) {
    const names = [...missing].join(', ');
    throw new ConfigError(`${path} uses ${names}, not set. Set it, or write \${NAME:-default}.`);
  }
  return document.toJS();

  function resolveScalar(scalar: Scalar, field: string): unknown {
    const source = scalar.value as string;
    let absent = false;
    const value = source.replace(PLACEHOLDER, (_match, index: string) => {
      const reference = references[Number(index)] as Reference;
      // As in a shell, `:-` also replaces an empty variable.
      const set = env[reference.name] || reference.fallback;
      if (set) return set;
      absent = true;
      if (reference.fallback === undefined && !SECRET_FIELDS.has(field)) missing.add(reference.name);
      return '';
    });
    if (absent && value === '' && SECRET_FIELDS.has(field)) return undefined;
    const isOneReference = /^__sluice_reference_\d+__$/.test(source);
    if (!isOneReference || scalar.type !== 'PLAIN' || SECRET_FIELDS.has(field)) return value;
    if (/^-?\d+(\.\d+)?$/.test(value)) return Number(value);
    if (value === 'true' || value === 'false') return value === 'true';
    return value;
  }
}
