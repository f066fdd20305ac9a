import type { SimulatedChat, SimulatedTool } from '../simulated-chat.ts';
import { isObject } from '../is-object.ts';
import { checkOpenaiSchema } from './check-openai-schema.ts';
import { openaiFields } from './openai-fields.ts';
import { openaiRefuse } from './openai-refuse.ts';
import { readOpenaiString } from './read-openai-string.ts';
import { textOf } from '../text-of.ts';

const MAX_TOOLS = 128;
const NAME = /^[a-zA-Z0-9_-]+$/;

function readTool(value: unknown, index: number, lenient: boolean): SimulatedTool {
  const at = `tools[${index}]`;
  const tool = openaiFields(value, { at, fields: ['type', 'function'], lenient });
  if (tool['type'] !== 'function') {
    openaiRefuse(
      tool['type'] === undefined
        ? `Missing required parameter: '${at}.type'.`
        : `Invalid value: '${textOf(tool['type'])}'. Supported values are: 'function' and 'custom'.`,
      `${at}.type`,
      tool['type'] === undefined ? 'missing_required_parameter' : 'invalid_value',
    );
  }
  const fields = ['name', 'description', 'parameters', 'strict'];
  const declared = openaiFields(tool['function'], { at: `${at}.function`, fields, lenient });
  const name = readOpenaiString(declared['name'], `${at}.function.name`, 64);
  if (!NAME.test(name)) {
    openaiRefuse(
      `Invalid '${at}.function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      `${at}.function.name`,
      'invalid_value',
    );
  }
  const { parameters } = declared;
  const strict = declared['strict'] === true && !lenient;
  if (parameters === undefined || parameters === null) return { name, schema: null };
  checkOpenaiSchema(parameters, {
    subject: `function '${name}'`,
    param: `${at}.function.parameters`,
    code: 'invalid_function_parameters',
    strict,
  });
  return { name, schema: parameters as Record<string, unknown> };
}

function readTools(tools: unknown, lenient: boolean): SimulatedTool[] {
  if (tools === undefined || tools === null) return [];
  if (!Array.isArray(tools)) {
    return openaiRefuse("Invalid type for 'tools': expected an array of objects.", 'tools', 'invalid_type');
  }
  if (tools.length === 0 && !lenient) {
    openaiRefuse(
      "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'tools',
      'empty_array',
    );
  }
  if (tools.length > MAX_TOOLS) {
    openaiRefuse(
      `Invalid 'tools': array too long. Expected an array with maximum length ${MAX_TOOLS}, but got an array with length ${tools.length} instead.`,
      'tools',
      'array_above_max_length',
    );
  }
  return tools.map((tool: unknown, index) => readTool(tool, index, lenient));
}

function functionName(value: unknown, at: string): string {
  const named = isObject(value) && isObject(value['function']) ? value['function']['name'] : undefined;
  return readOpenaiString(named, `${at}.function.name`);
}

type ToolUse = NonNullable<SimulatedChat['toolUse']>;

function readChoice(choice: unknown, tools: readonly SimulatedTool[]): Omit<ToolUse, 'parallel'> {
  const all = { names: null, named: false };
  if (choice === undefined || choice === null) return { ...all, mode: 'auto' };
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { ...all, mode: choice };
  const known = (name: string): string => {
    if (tools.some((tool) => tool.name === name)) return name;
    return openaiRefuse(`Tool choice '${name}' not found in 'tools' parameter.`, 'tool_choice');
  };
  if (isObject(choice) && choice['type'] === 'function') {
    return { mode: 'required', names: [known(functionName(choice, 'tool_choice'))], named: true };
  }
  if (isObject(choice) && choice['type'] === 'allowed_tools' && isObject(choice['allowed_tools'])) {
    const { mode, tools: allowed } = choice['allowed_tools'];
    const names = (Array.isArray(allowed) ? allowed : []).map((tool: unknown, index) =>
      known(functionName(tool, `tool_choice.allowed_tools.tools[${index}]`)),
    );
    return { mode: mode === 'required' ? 'required' : 'auto', names, named: false };
  }
  return openaiRefuse(
    `Invalid value: '${isObject(choice) ? textOf(choice['type']) : textOf(choice)}'. Supported values are: 'none', 'auto', and 'required'.`,
    'tool_choice',
    'invalid_value',
  );
}

/** Tools and how they may be used; nothing when the request has none. */
export function readOpenaiTools(
  body: Record<string, unknown>,
  { lenient }: { lenient: boolean },
): Pick<SimulatedChat, 'tools' | 'toolUse'> {
  const tools = readTools(body['tools'], lenient);
  if (tools.length === 0) {
    const orphan = ['tool_choice', 'parallel_tool_calls'].find((param) => (body[param] ?? null) !== null);
    if (orphan !== undefined && !lenient) {
      openaiRefuse(
        `Invalid value for '${orphan}': '${orphan}' is only allowed when 'tools' are specified.`,
        orphan,
      );
    }
    return {};
  }
  const choice = readChoice(body['tool_choice'], tools);
  return { tools, toolUse: { ...choice, parallel: body['parallel_tool_calls'] !== false } };
}
