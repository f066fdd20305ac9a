import type { ChatRequest, FunctionTool, ToolChoice } from '@sluice/contracts';
import type { AnthropicMessageParams } from './anthropic-message-params.ts';
import { markOf } from './anthropic-parts.ts';

function toolOf(tool: NonNullable<AnthropicMessageParams['tools']>[number]): FunctionTool {
  const { name, description, input_schema: parameters, strict } = tool;
  return {
    type: 'function',
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      parameters,
      ...(strict === undefined ? {} : { strict }),
    },
    ...markOf(tool.cache_control),
  };
}

function choiceOf(choice: NonNullable<AnthropicMessageParams['tool_choice']>): ToolChoice {
  switch (choice.type) {
    case 'auto':
    case 'none':
      return choice.type;
    case 'any':
      return 'required';
    case 'tool':
      return { type: 'function', function: { name: choice.name } };
  }
}

/** Tools and the rules of their use. */
export function anthropicToolOptions({
  tools = [],
  tool_choice: choice,
}: Pick<AnthropicMessageParams, 'tools' | 'tool_choice'>): Pick<
  ChatRequest,
  'tools' | 'tool_choice' | 'parallel_tool_calls'
> {
  if (tools.length === 0) return {};
  const oneByOne = choice !== undefined && choice.type !== 'none' && choice.disable_parallel_tool_use;
  return {
    tools: tools.map(toolOf),
    ...(choice ? { tool_choice: choiceOf(choice) } : {}),
    ...(oneByOne ? { parallel_tool_calls: false } : {}),
  };
}
