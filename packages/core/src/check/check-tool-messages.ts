import type { CheckSubject } from './check-subject.ts';
import { refusal, type Refusal } from './refusal.ts';

/** Vendors that take the arguments of a call as an object, not as text. */
const WANT_OBJECTS: ReadonlySet<string> = new Set(['anthropic', 'google']);

/** Every result must answer a call of the turn before, and every call have its result. */
export function checkToolMessages({ request, vendor, target }: CheckSubject): Refusal | null {
  let open = new Map<string, string>();
  const answered = new Set<string>();
  for (const [index, message] of request.messages.entries()) {
    const param = `messages.${index}`;
    if (message.role === 'tool') {
      const id = message.tool_call_id;
      if (answered.has(id) && !open.has(id))
        return refusal(`${param}.tool_call_id`, `The tool call "${id}" has a result already.`);
      if (!open.delete(id))
        return refusal(`${param}.tool_call_id`, `No tool call before it has the id "${id}".`);
      answered.add(id);
      continue;
    }
    // Instructions may stand between a call and its result: they are moved away or allowed there.
    if (message.role === 'system' || message.role === 'developer') continue;
    const missing = unanswered(open);
    if (missing) return missing;
    if (message.role !== 'assistant') continue;
    open = new Map();
    for (const [at, call] of (message.tool_calls ?? []).entries()) {
      const where = `${param}.tool_calls.${at}`;
      if (open.has(call.id)) return refusal(`${where}.id`, `Two tool calls have the id "${call.id}".`);
      if (WANT_OBJECTS.has(vendor) && !isObjectText(call.function.arguments)) {
        const what = `${target} takes arguments of a tool call as a JSON object, which these are not.`;
        return refusal(`${where}.function.arguments`, what);
      }
      open.set(call.id, where);
    }
  }
  return unanswered(open);
}

function unanswered(open: ReadonlyMap<string, string>): Refusal | null {
  const [first] = open;
  if (!first) return null;
  const [id, where] = first;
  return refusal(where, `The tool call "${id}" has no result: a tool message with this id must follow it.`);
}

function isObjectText(text: string): boolean {
  if (text.trim() === '') return true;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
