import { isObject } from '../is-object.ts';
import type { SimulatedChat, SimulatedTool } from '../simulated-chat.ts';
import { checkGoogleJsonSchema } from './check-google-json-schema.ts';
import { checkGoogleSchema } from './check-google-schema.ts';
import { GoogleInvalid } from './google-invalid.ts';
import { googleObject } from './google-object.ts';
import { googleViolation } from './google-violation.ts';
import { textOf } from '../text-of.ts';

const TOOL_FIELDS = new Set([
  'functionDeclarations',
  'googleSearch',
  'googleSearchRetrieval',
  'codeExecution',
  'urlContext',
  'googleMaps',
  'computerUse',
  'fileSearch',
]);
const DECLARATION_FIELDS = new Set([
  'name',
  'description',
  'behavior',
  'parameters',
  'parametersJsonSchema',
  'response',
  'responseJsonSchema',
]);
const MODES = ['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED'];

function readDeclaration(value: unknown, place: string): SimulatedTool {
  const proto = `GenerateContentRequest.${place}`;
  const declared = googleObject(value, DECLARATION_FIELDS, place);
  const name = textOf(declared['name'] ?? '');
  if (!/^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$/.test(name)) {
    throw new GoogleInvalid(
      `* ${proto}.name: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.\n`,
    );
  }
  const { parameters, parametersJsonSchema } = declared;
  const isGiven = parameters !== undefined && parameters !== null;
  const isJson = parametersJsonSchema !== undefined && parametersJsonSchema !== null;
  if (isGiven && isJson) {
    throw new GoogleInvalid(
      `* ${proto}.parameters: only one of parameters and parameters_json_schema may be set\n`,
    );
  }
  if (isJson) {
    checkGoogleJsonSchema(parametersJsonSchema, `${proto}.parameters_json_schema`);
    return { name, schema: isObject(parametersJsonSchema) ? parametersJsonSchema : null };
  }
  if (!isGiven) return { name, schema: null };
  checkGoogleSchema(parameters, { at: `${place}.parameters`, proto: `${proto}.parameters` });
  const schema = parameters as Record<string, unknown>;
  if (textOf(schema['type']).toUpperCase() !== 'OBJECT') {
    throw new GoogleInvalid(`* ${proto}.parameters.type: should be OBJECT\n`);
  }
  return { name, schema };
}

function readDeclarations(tools: unknown): SimulatedTool[] {
  if (tools === undefined || tools === null) return [];
  const list: unknown[] = Array.isArray(tools) ? tools : [tools];
  const declared = list.flatMap((item, index) => {
    const at = `tools[${index}]`;
    const { functionDeclarations } = googleObject(item, TOOL_FIELDS, at);
    const declarations = functionDeclarations ?? [];
    const all: unknown[] = Array.isArray(declarations) ? declarations : [declarations];
    return all.map((value, number) => readDeclaration(value, `${at}.function_declarations[${number}]`));
  });
  const names = declared.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new GoogleInvalid(`Duplicate function declaration found: ${twice}`);
  return declared;
}

/** The functions of a request and how they may be called. Gemini can not be told to call one at a time. */
export function readGoogleTools(request: Record<string, unknown>): Pick<SimulatedChat, 'tools' | 'toolUse'> {
  const tools = readDeclarations(request['tools']);
  const at = 'tool_config.function_calling_config';
  const outer = googleObject(
    request['toolConfig'] ?? {},
    new Set(['functionCallingConfig', 'retrievalConfig', 'includeServerSideToolInvocations']),
    'tool_config',
  );
  const given = outer['functionCallingConfig'] !== undefined;
  const fields = new Set(['mode', 'allowedFunctionNames', 'streamFunctionCallArguments']);
  const config = googleObject(outer['functionCallingConfig'] ?? {}, fields, at);
  const mode = textOf(config['mode'] ?? 'AUTO').toUpperCase();
  if (!MODES.includes(mode)) {
    googleViolation(
      `${at}.mode`,
      `Invalid value at '${at}.mode' (type.googleapis.com/google.ai.generativelanguage.v1beta.FunctionCallingConfig.Mode), ${JSON.stringify(config['mode'])}`,
    );
  }
  if (given && tools.length === 0) {
    throw new GoogleInvalid('Function calling config is set without function_declarations.');
  }
  const names = Array.isArray(config['allowedFunctionNames'])
    ? config['allowedFunctionNames'].map(textOf)
    : [];
  if (names.length > 0 && mode !== 'ANY' && mode !== 'VALIDATED') {
    throw new GoogleInvalid(
      `* GenerateContentRequest.${at}: allowed_function_names should only be set when the function calling mode is ANY or VALIDATED.\n`,
    );
  }
  const unknown = names.find((name) => !tools.some((tool) => tool.name === name));
  if (unknown !== undefined) {
    throw new GoogleInvalid(
      `* GenerateContentRequest.${at}.allowed_function_names: function ${unknown} is not declared.\n`,
    );
  }
  if (tools.length === 0) return {};
  return {
    tools,
    toolUse: {
      mode: mode === 'ANY' ? 'required' : mode === 'NONE' ? 'none' : 'auto',
      names: names.length > 0 ? names : null,
      parallel: true,
      named: false,
    },
  };
}
