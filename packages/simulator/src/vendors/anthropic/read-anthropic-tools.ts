import { isObject } from '../is-object.ts';
import type { SimulatedChat, SimulatedTool } from '../simulated-chat.ts';
import { anthropicFields } from './anthropic-fields.ts';
import { AnthropicInvalid } from './anthropic-invalid.ts';
import { checkAnthropicJsonSchema, checkAnthropicStrictSchema } from './check-anthropic-schema.ts';
import { readAnthropicString } from './read-anthropic-string.ts';
import { readCacheControl } from './read-cache-control.ts';
import { textOf } from '../text-of.ts';

const TOOL_FIELDS = [
  'type',
  'name',
  'description',
  'input_schema',
  'cache_control',
  'strict',
  'allowed_callers',
  'defer_loading',
  'eager_input_streaming',
  'input_examples',
];
const NAME = /^[a-zA-Z0-9_-]{1,128}$/;

export interface AnthropicTool extends SimulatedTool {
  mark: '5m' | '1h' | null;
}

function readTool(value: unknown, index: number): AnthropicTool {
  const at = `tools.${index}`;
  const type = isObject(value) ? (value['type'] ?? 'custom') : 'custom';
  if (type !== 'custom') {
    throw new AnthropicInvalid(
      `${at}: Input tag '${textOf(type)}' found using 'type' does not match any of the expected tags: 'custom'`,
    );
  }
  const tool = anthropicFields(value, `${at}.custom`, TOOL_FIELDS);
  const name = readAnthropicString(tool['name'], `${at}.custom.name`);
  if (!NAME.test(name)) {
    throw new AnthropicInvalid(`${at}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
  }
  if (tool['description'] !== undefined) {
    readAnthropicString(tool['description'], `${at}.custom.description`);
  }
  const schema = tool['input_schema'];
  const place = `${at}.custom.input_schema`;
  if (schema === undefined) throw new AnthropicInvalid(`${place}: Field required`);
  if (!isObject(schema)) throw new AnthropicInvalid(`${place}: Input should be a valid dictionary`);
  if (schema['type'] === undefined) throw new AnthropicInvalid(`${place}.type: Field required`);
  if (schema['type'] !== 'object') throw new AnthropicInvalid(`${place}.type: Input should be 'object'`);
  if (['oneOf', 'allOf', 'anyOf'].some((keyword) => keyword in schema)) {
    throw new AnthropicInvalid(
      `${place}: input_schema does not support oneOf, allOf, or anyOf at the top level`,
    );
  }
  if (tool['strict'] === true) checkAnthropicStrictSchema(schema, `${at}.custom`);
  else checkAnthropicJsonSchema(schema, place);
  const hasNames = isObject(schema['properties']) && Object.keys(schema['properties']).length > 0;
  const isEmpty = !hasNames && schema['additionalProperties'] !== true;
  return {
    name,
    schema: isEmpty ? null : schema,
    mark: readCacheControl(tool['cache_control'], `${at}.custom`),
  };
}

type ToolUse = NonNullable<SimulatedChat['toolUse']>;

/** Fields of each kind of choice. Source: @anthropic-ai/sdk 1.11 `ToolChoice`. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  auto: ['type', 'disable_parallel_tool_use'],
  any: ['type', 'disable_parallel_tool_use'],
  tool: ['type', 'name', 'disable_parallel_tool_use'],
  none: ['type'],
};

function readChoice(value: unknown, tools: readonly SimulatedTool[]): ToolUse | null {
  if (value === undefined) return null;
  if (!isObject(value)) throw new AnthropicInvalid('tool_choice: Input should be an object');
  const type = textOf(value['type']);
  const fields = CHOICES[type];
  if (!fields) {
    throw new AnthropicInvalid(
      `tool_choice: Input tag '${type}' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'`,
    );
  }
  if (tools.length === 0) {
    throw new AnthropicInvalid('tool_choice: tool_choice may only be specified while providing tools.');
  }
  const choice = anthropicFields(value, `tool_choice.${type}`, fields);
  const parallel = choice['disable_parallel_tool_use'] !== true;
  if (type !== 'tool') {
    const mode = type === 'any' ? 'required' : type === 'none' ? 'none' : 'auto';
    return { mode, names: null, parallel, named: false };
  }
  const name = readAnthropicString(choice['name'], 'tool_choice.tool.name');
  if (!tools.some((tool) => tool.name === name)) {
    throw new AnthropicInvalid(`tool_choice: Tool '${name}' not found in provided tools`);
  }
  return { mode: 'required', names: [name], parallel, named: true };
}

/** The tools of a request and how they may be used. `thinks`: forced use is refused while the model thinks. */
export function readAnthropicTools(
  body: Record<string, unknown>,
  { thinks }: { thinks: boolean },
): { tools: AnthropicTool[]; toolUse: ToolUse | null } {
  const list = body['tools'] ?? [];
  if (!Array.isArray(list)) throw new AnthropicInvalid('tools: Input should be a valid list');
  const tools = list.map(readTool);
  if (new Set(tools.map(({ name }) => name)).size < tools.length) {
    throw new AnthropicInvalid('tools: Tool names must be unique.');
  }
  const toolUse = readChoice(body['tool_choice'], tools);
  if (thinks && toolUse?.mode === 'required') {
    throw new AnthropicInvalid('Thinking may not be enabled when tool_choice forces tool use.');
  }
  return { tools, toolUse };
}
