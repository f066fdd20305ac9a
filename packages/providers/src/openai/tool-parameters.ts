import type { ChatRequest, Warning } from '@sluice/contracts';
import type { ProviderCall } from '../provider-adapter.ts';
import { chooseTools, type ToolMode } from '../request/choose-tools.ts';
import { parameterChanged, parameterDropped } from '../request/parameter-warning.ts';
import type { RequestPart } from '../request/request-part.ts';
import type { OpenAiProfile } from './openai-profile.ts';

type Tool = NonNullable<ChatRequest['tools']>[number];

/** `tools`, `tool_choice` and `parallel_tool_calls`; nothing of the three when there are no tools. */
export function toolParameters(call: ProviderCall, profile: OpenAiProfile): RequestPart {
  const { request } = call;
  const chosen = chooseTools(request);
  const warnings: Warning[] = [];
  const native = profile.toolChoice === 'all';
  let tools = native ? (request.tools ?? []) : chosen.tools;
  let choice: unknown = native ? request.tool_choice : choiceOf(chosen.choice);
  if (profile.toolChoice === 'no_required' && choice === 'required') {
    choice = 'auto';
    warnings.push(parameterChanged('tool_choice', `required to auto, as ${profile.kind} can't force a call`));
  }
  if (profile.toolChoice === 'none') {
    if (choice === 'none') tools = [];
    else if (choice !== undefined && choice !== 'auto') {
      warnings.push(parameterDropped('tool_choice', `${profile.kind} has no such parameter`));
    }
    choice = undefined;
  }
  if (tools.length === 0) return { fields: {}, warnings };
  const parallel = parallelToolCalls(call, profile);
  return {
    fields: {
      tools: tools.map((tool) => toTool(tool, profile)),
      ...(choice === undefined ? {} : { tool_choice: structuredClone(choice) }),
      ...parallel.fields,
    },
    warnings: [...warnings, ...parallel.warnings],
  };
}

function toTool(
  { function: declared, cache_control: control }: Tool,
  { cacheControl }: OpenAiProfile,
): object {
  const { name, description, parameters, strict } = declared;
  return {
    type: 'function',
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      ...(parameters === undefined ? {} : { parameters: structuredClone(parameters) }),
      ...(strict === undefined || strict === null ? {} : { strict }),
    },
    ...(control && cacheControl ? { cache_control: { ...control } } : {}),
  };
}

function choiceOf(choice: ToolMode | null): unknown {
  if (choice === null) return undefined;
  return choice.mode === 'named' ? { type: 'function', function: { name: choice.name } } : choice.mode;
}

/** Models that call one tool at a time refuse the parameter; `false` is then what they do anyway. */
function parallelToolCalls({ request, entry, model }: ProviderCall, profile: OpenAiProfile): RequestPart {
  const wanted = request.parallel_tool_calls;
  if (wanted === undefined) return { fields: {}, warnings: [] };
  if (profile.unsupported.has('parallel_tool_calls')) {
    const warning = parameterDropped('parallel_tool_calls', `${profile.kind} has no such parameter`);
    return { fields: {}, warnings: wanted ? [] : [warning] };
  }
  const isSingle = profile.kind === 'openai' && entry.rejects?.includes('parallel_tool_calls');
  if (!isSingle) return { fields: { parallel_tool_calls: wanted }, warnings: [] };
  const warning = parameterDropped('parallel_tool_calls', `${model} calls one tool at a time`);
  return { fields: {}, warnings: wanted ? [warning] : [] };
}
