import fc from 'fast-check';
import { arbitraryOfSchema } from './arbitrary-of-schema.ts';
import { batchLines, chatBody } from './batch-lines.ts';
import type { JsonSchema, OpenApiOperation } from './openapi-operations.ts';

/** A request as it may be sent; `headers` lack the key. */
export interface FuzzRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array<ArrayBuffer> | null;
}

/** A body that the operation takes, to begin from. */
export type ValidBodies = Readonly<Record<string, object | string>>;
type Schemas = Readonly<Record<string, JsonSchema>>;
type Body = Pick<FuzzRequest, 'body'> & { type?: string };

const TEXT = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('job_1', '..', '%00', '0', '-1', 'x'.repeat(300)),
);
/** Waiting is no fault, and there is nothing here that would end it. */
const WAITS = fc.constantFrom('0', '1', '-1', 'x', '9'.repeat(12));
const HEADER = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
  fc.constantFrom('0', 'wait=0', '"a"'),
);
const BYTES = fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes));

/**
 * Requests for an operation of the OpenAPI document that mostly fit it, and now and then do not at one place or another.
 * Most of the ids in paths are among `ids`, which exist.
 */
export function fuzzRequests(
  operation: OpenApiOperation,
  { schemas, ids, valid }: { schemas: Schemas; ids: readonly string[]; valid: ValidBodies },
): fc.Arbitrary<FuzzRequest> {
  const { method, path, parameters } = operation;
  const names = (place: string): string[] =>
    parameters.filter((parameter) => parameter.in === place).map(({ name }) => name);
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
  const id = fc.oneof({ weight: 1, arbitrary: TEXT }, { weight: 3, arbitrary: fc.constantFrom(...ids) });
  const query = upTo(
    2,
    parameters.filter((parameter) => parameter.in === 'query'),
  ).chain((some) =>
    fc.record(Object.fromEntries(some.map((parameter) => [parameter.name, valueOf(parameter, schemas)]))),
  );
  const unknown = fc.oneof(
    { weight: 9, arbitrary: fc.constant<Record<string, string>>({}) },
    { weight: 1, arbitrary: TEXT.map((text) => ({ unknown: text })) },
  );
  const headers = fc.record(Object.fromEntries(names('header').map((name) => [name, HEADER])), {
    requiredKeys: [],
  });
  return fc
    .record({
      values: fc.tuple(...inPath.map(() => id)),
      query,
      unknown,
      headers,
      content: bodyOf(operation, schemas, valid[operation.operationId]),
    })
    .map(({ values, content, ...sent }) => {
      const search = new URLSearchParams({ ...sent.query, ...sent.unknown } as Record<string, string>);
      const filled = inPath.reduce(
        (text, name, at) => text.replace(`{${name}}`, () => encodeURIComponent(wellFormed(values[at] ?? ''))),
        path,
      );
      const type: Record<string, string> = content.type === undefined ? {} : { 'content-type': content.type };
      return {
        method,
        path: `${filled}?${search.toString()}`,
        headers: { ...(sent.headers as Record<string, string>), ...type },
        body: content.body,
      };
    });
}

/** A lone surrogate can't be written into a URL. */
const wellFormed = (text: string): string => text.toWellFormed() || 'x';

const upTo = <Item>(maxLength: number, items: readonly Item[]): fc.Arbitrary<Item[]> =>
  fc.subarray([...items], { maxLength: Math.min(maxLength, items.length) });

function valueOf({ name, schema = {} }: OpenApiOperation['parameters'][number], schemas: Schemas) {
  if (name === 'wait') return WAITS;
  const fitting = arbitraryOfSchema(schema, schemas).map((value) => wellFormed(String(value)));
  return fc.oneof({ weight: 4, arbitrary: fitting }, { weight: 1, arbitrary: TEXT });
}

function bodyOf(
  { bodies }: OpenApiOperation,
  schemas: Schemas,
  valid: ValidBodies[string] | undefined,
): fc.Arbitrary<Body> {
  const kinds = Object.entries(bodies).map(([type, { schema = {} }]) =>
    bodyOfType({ type, schema, valid }, schemas),
  );
  const none = fc.constant<Body>({ body: null });
  return kinds.length === 0
    ? none
    : fc.oneof({ weight: 1, arbitrary: none }, ...kinds.map((kind) => ({ weight: 6, arbitrary: kind })));
}

function bodyOfType(
  { type, schema, valid }: { type: string; schema: JsonSchema; valid: ValidBodies[string] | undefined },
  schemas: Schemas,
): fc.Arbitrary<Body> {
  if (type === 'multipart/form-data') return multipart();
  const toText = (value: unknown): string =>
    typeof value === 'string'
      ? value
      : type === 'application/json'
        ? (JSON.stringify(value) ?? '')
        : toLines(value);
  const values = [arbitraryOfSchema(schema, schemas)];
  if (typeof valid === 'string') values.push(fc.constant(valid));
  else if (valid) values.push(changed(valid, schema, schemas));
  const junk = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), BYTES);
  return fc
    .oneof<fc.WeightedArbitrary<string | Uint8Array<ArrayBuffer>>[]>(
      { weight: 8, arbitrary: fc.oneof(...values).map(toText) },
      { weight: 1, arbitrary: junk },
    )
    .map((body) => ({ body, type }));
}

/** What is taken, with up to two members more or different. */
function changed(valid: object, schema: JsonSchema, schemas: Schemas): fc.Arbitrary<object> {
  const { properties = {} } = schema.$ref ? (schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}) : schema;
  return upTo(2, Object.entries(properties))
    .chain((some) =>
      fc.record(Object.fromEntries(some.map(([name, inner]) => [name, arbitraryOfSchema(inner, schemas)]))),
    )
    .map((change) => ({ ...valid, ...change }));
}

/** A body that brings its requests along, as NDJSON: options in the first line, one request in each further one. */
function toLines(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  const { requests, ...options } = value as { requests?: unknown };
  const lines = Array.isArray(requests) ? (requests as unknown[]) : [];
  return [options, ...lines].map((line) => JSON.stringify(line)).join('\n');
}

/** Uploads with any fields, names and contents, and some that break off or are no multipart at all. */
function multipart(): fc.Arbitrary<Body> {
  const type = 'multipart/form-data; boundary=b';
  const part = (name: string, content: string): string =>
    `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`;
  const field = fc
    .record({
      name: fc.constantFrom('purpose', 'expires_after[anchor]', 'expires_after[seconds]', '__proto__', 'x'),
      content: fc.oneof(fc.constantFrom('batch', 'created_at', '86400', 'fine-tune'), TEXT),
    })
    .map(({ name, content }) => part(name, content));
  const file = fc
    .record({
      name: fc.oneof(
        fc.constantFrom('in.jsonl', '../x', ''),
        fc.string({ unit: 'grapheme-ascii', maxLength: 20 }),
      ),
      content: fc.oneof(fc.constantFrom(batchLines([chatBody('x')]), '', '[\n'), TEXT),
    })
    .map(({ name, content }) => part(`file"; filename="${name}`, content));
  const purpose = fc.constant(part('purpose', 'batch'));
  const whole = fc
    .tuple(
      fc.oneof({ weight: 3, arbitrary: purpose }, field),
      fc.array(fc.oneof(file, field), { maxLength: 3 }),
      file,
    )
    .map((parts) => `${parts.flat().join('')}--b--\r\n`);
  const broken = fc.tuple(whole, fc.nat(400)).map(([text, at]) => text.slice(0, at));
  return fc
    .oneof({ weight: 4, arbitrary: whole }, broken, fc.string({ unit: 'binary', maxLength: 60 }))
    .map((body) => ({ body, type }));
}
