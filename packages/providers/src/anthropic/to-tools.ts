import type { Tool, ToolChoice } from '@anthropic-ai/sdk/resources/messages';
import type { Warning } from '@sluice/contracts';
import type { ProviderCall } from '../provider-adapter.ts';
import type { ConversationTurn } from '../request/build-conversation.ts';
import { chooseTools, type ToolMode } from '../request/choose-tools.ts';
import type { JsonObject } from '../request/json-object.ts';
import { parameterChanged, parameterDropped } from '../request/parameter-warning.ts';
import type { AnswerFormat } from './answer-format.ts';
import { cacheControl } from './cache-control.ts';
import { isRecursive } from './is-recursive.ts';
import { toInputSchema } from './to-input-schema.ts';
import { toOutputSchema } from './to-output-schema.ts';
import { toToolName } from './to-tool-name.ts';

export interface AnthropicTools {
  tools: Tool[];
  choice: ToolChoice | null;
  /** Name of the tool that stands for a JSON answer; null when there is none. */
  answerTool: string | null;
  warnings: Warning[];
}

/** Tools, the choice among them and the tool that stands for a JSON answer. */
export function toTools(
  call: ProviderCall,
  { turns, format }: { turns: readonly ConversationTurn[]; format: AnswerFormat },
): AnthropicTools {
  const { request } = call;
  const chosen = chooseTools(request);
  const warnings: Warning[] = [];
  const tools = chosen.tools.map((tool) => toTool(tool, call, warnings));
  const single = request.parallel_tool_calls === false;
  if (format.way === 'tool') {
    const forced = forcedAnswer(chosen.choice, { tool: format.tool, others: tools.length > 0 });
    if (forced)
      return { tools: [...tools, format.tool], choice: forced, answerTool: format.tool.name, warnings };
    warnings.push(parameterDropped('response_format', 'tool_choice names another tool'));
  }
  if (tools.length === 0) {
    return { tools: toolsOfHistory(turns), choice: historyChoice(turns), answerTool: null, warnings };
  }
  return { tools, choice: choiceOf(chosen.choice, single), answerTool: null, warnings };
}

type CanonicalTool = ReturnType<typeof chooseTools>['tools'][number];

function toTool(tool: CanonicalTool, { entry, model }: ProviderCall, warnings: Warning[]): Tool {
  const { name, description, parameters, strict } = tool.function;
  const canBeStrict = entry.supports?.includes('structured_outputs') ?? false;
  if (strict && !canBeStrict) warnings.push(parameterDropped('tools.strict', `${model} has no strict tools`));
  const changed = (how: string) => warnings.push(parameterChanged(`tools.${name}.parameters`, how));
  const { schema, loosened: combined } = toInputSchema((parameters ?? { properties: {} }) as JsonObject);
  const mayBeStrict = Boolean(strict) && canBeStrict;
  const recursive = mayBeStrict && isRecursive(schema);
  if (recursive) changed('the model is not held to the schema, as it is recursive');
  const output = mayBeStrict && !recursive ? toOutputSchema(schema) : null;
  const loosened = [...combined, ...(output?.loosened ?? [])];
  if (loosened.length > 0)
    changed(`the model is told of ${loosened.join(', ')} in words, and not held to it`);
  return {
    name,
    ...(description === undefined ? {} : { description }),
    input_schema: (output?.schema ?? schema) as Tool.InputSchema,
    ...(output ? { strict: true } : {}),
    ...cacheControl(tool.cache_control),
  };
}

/** Without a choice of the caller's, `auto` is the default; it is sent only to carry the flag. */
function choiceOf(choice: ToolMode | null, single: boolean): ToolChoice | null {
  const flag = single ? { disable_parallel_tool_use: true } : {};
  switch (choice?.mode) {
    case undefined:
      return single ? { type: 'auto', ...flag } : null;
    case 'auto':
      return { type: 'auto', ...flag };
    case 'none':
      return { type: 'none' };
    case 'required':
      return { type: 'any', ...flag };
    case 'named':
      return { type: 'tool', name: choice.name, ...flag };
    default:
      return choice satisfies never;
  }
}

/** Null when the caller demands another tool. Where other tools may be called, the model chooses among all. */
function forcedAnswer(
  choice: ToolMode | null,
  { tool, others }: { tool: Tool; others: boolean },
): ToolChoice | null {
  if (choice?.mode === 'named') return null;
  if (!others || choice?.mode === 'none') {
    return { type: 'tool', name: tool.name, disable_parallel_tool_use: true };
  }
  return { type: 'any', disable_parallel_tool_use: true };
}

/** The API refuses a history with tool calls and no tools, so each tool that was called is declared, not offered. */
function toolsOfHistory(turns: readonly ConversationTurn[]): Tool[] {
  const names = new Set<string>();
  for (const turn of turns) {
    if (turn.role !== 'assistant') continue;
    for (const part of turn.parts)
      if (part.type === 'tool_call') names.add(toToolName(part.call.function.name));
  }
  return [...names].map((name) => ({
    name,
    description: 'Was called earlier in this conversation; it can no longer be called.',
    input_schema: { type: 'object' },
  }));
}

function historyChoice(turns: readonly ConversationTurn[]): ToolChoice | null {
  return toolsOfHistory(turns).length > 0 ? { type: 'none' } : null;
}
