import type { ChatRequest } from '@sluice/contracts';
import { UnsendableRequest } from '../errors/unsendable-request.ts';

type Tool = NonNullable<ChatRequest['tools']>[number];

export type ToolMode = { mode: 'auto' | 'none' | 'required' } | { mode: 'named'; name: string };

export interface ChosenTools {
  /** The tools that the model may be told of. */
  tools: readonly Tool[];
  /** Null: the caller said nothing, or there are no tools. */
  choice: ToolMode | null;
}

/**
 * `tools` and `tool_choice` for vendors that do not know `allowed_tools`: the list is cut down to the allowed ones.
 * Throws `UnsendableRequest` when the choice demands a tool that is not there.
 */
export function chooseTools({ tools = [], tool_choice: choice }: ChatRequest): ChosenTools {
  if (choice === undefined) return { tools, choice: null };
  if (typeof choice === 'string') {
    if (choice === 'required' && tools.length === 0)
      throw missing('demands a tool call, and there are no tools');
    return { tools, choice: tools.length === 0 ? null : { mode: choice } };
  }
  if (choice.type === 'function') {
    const { name } = choice.function;
    if (!tools.some((tool) => tool.function.name === name))
      throw missing(`names "${name}", which is not in tools`);
    return { tools, choice: { mode: 'named', name } };
  }
  const { mode, tools: allowed } = choice.allowed_tools;
  const names = new Set(allowed.map((tool) => tool.function.name));
  const unknown = [...names].find((name) => !tools.some((tool) => tool.function.name === name));
  if (unknown !== undefined) throw missing(`allows "${unknown}", which is not in tools`);
  const kept = tools.filter((tool) => names.has(tool.function.name));
  if (kept.length > 0) return { tools: kept, choice: { mode } };
  if (mode === 'required') throw missing('demands a tool call and allows no tool');
  return { tools, choice: tools.length === 0 ? null : { mode: 'none' } };
}

function missing(what: string): UnsendableRequest {
  return new UnsendableRequest(`tool_choice ${what}.`);
}
