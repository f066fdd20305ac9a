import type { JsonSchema } from '@sluice/contracts';
import { inlineReferences } from '../schema/inline-references.ts';
import { schemaFault } from '../schema/schema-fault.ts';
import { maySupport, type CheckSubject } from './check-subject.ts';
import { refusal, type Refusal } from './refusal.ts';

/** Tools, the choice among them, and the schema of a structured answer. */
export function checkTools(subject: CheckSubject): Refusal | null {
  const { request, target, entry, vendor } = subject;
  const tools = request.tools ?? [];
  if (tools.length > 0 && !maySupport(entry, 'function_calling'))
    return refusal('tools', `${target} can't call functions.`);
  const names = new Set<string>();
  for (const [index, { function: declared }] of tools.entries()) {
    if (names.has(declared.name))
      return refusal(`tools.${index}.function.name`, `There are two tools named "${declared.name}".`);
    names.add(declared.name);
    if (vendor === 'google' && !/^[A-Za-z_]/.test(declared.name)) {
      const what = `${target} takes only names of tools that begin with a letter or _.`;
      return refusal(`tools.${index}.function.name`, what);
    }
    const param = `tools.${index}.function.parameters`;
    const fault = declared.parameters && parametersFault(declared.parameters as JsonSchema, param, subject);
    if (fault) return fault;
  }
  const format = request.response_format;
  const answer = format?.type === 'json_schema' ? format.json_schema.schema : undefined;
  return (
    checkChoice(subject, names) ??
    (answer ? checkSchema(answer as JsonSchema, 'response_format.json_schema.schema', subject) : null)
  );
}

function parametersFault(schema: JsonSchema, param: string, subject: CheckSubject): Refusal | null {
  const { type } = schema;
  if (type !== undefined && type !== 'object')
    return refusal(
      `${param}.type`,
      'A function takes an object: the type of its parameters must be "object".',
    );
  return checkSchema(schema, param, subject);
}

interface SchemaFindings {
  fault: ReturnType<typeof schemaFault>;
  /** Null for a malformed one. */
  inlined: ReturnType<typeof inlineReferences> | null;
}

/** Requests are frozen, and each is checked for every target: what does not depend on the target is found out once. */
const findings = new WeakMap<JsonSchema, SchemaFindings>();

function findingsOf(schema: JsonSchema): SchemaFindings {
  const known = findings.get(schema);
  if (known) return known;
  const fault = schemaFault(schema);
  const found = { fault, inlined: fault ? null : inlineReferences(schema) };
  findings.set(schema, found);
  return found;
}

function checkSchema(schema: JsonSchema, param: string, { vendor, target }: CheckSubject): Refusal | null {
  const { fault, inlined } = findingsOf(schema);
  if (fault) {
    const where = fault.path === '' ? param : `${param}.${fault.path}`;
    return refusal(where, `The JSON Schema is malformed: ${fault.path || 'it'} ${fault.message}.`);
  }
  if (!inlined || inlined.status === 'ok') return null;
  if (inlined.recursive && vendor !== 'google') return null;
  const who = inlined.recursive ? `${target} takes no recursive JSON Schema` : 'The JSON Schema is malformed';
  return refusal(param, `${who}: ${inlined.message}.`);
}

function checkChoice({ request }: CheckSubject, names: ReadonlySet<string>): Refusal | null {
  const choice = request.tool_choice;
  if (choice === undefined || choice === 'none' || choice === 'auto') return null;
  if (choice === 'required') {
    return names.size > 0
      ? null
      : refusal('tool_choice', 'tool_choice is "required", but there are no tools.');
  }
  const chosen =
    choice.type === 'function'
      ? [choice.function.name]
      : choice.allowed_tools.tools.map((tool) => tool.function.name);
  const unknown = chosen.find((name) => !names.has(name));
  if (unknown !== undefined)
    return refusal('tool_choice', `tool_choice names "${unknown}", which is not in tools.`);
  return chosen.length > 0
    ? null
    : refusal('tool_choice', 'tool_choice allows no tool; write "none" for that.');
}
