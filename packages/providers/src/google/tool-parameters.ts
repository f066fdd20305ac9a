import type { ChatRequest, JsonSchema, Warning } from '@sluice/contracts';
import type { ProviderCall } from '../provider-adapter.ts';
import { chooseTools } from '../request/choose-tools.ts';
import { parameterChanged, parameterDropped } from '../request/parameter-warning.ts';
import { convertSchema } from './convert-schema.ts';
import { geminiModel, isSince, type GeminiModel } from './gemini-model.ts';
import type { FunctionDeclaration, GoogleBody } from './google-body.ts';
import type { GoogleFields } from './google-fields.ts';

type Tool = NonNullable<ChatRequest['tools']>[number];

/** `tools` as one list of declarations, and `tool_choice` as the mode of function calling. */
export function toolParameters({
  request,
  model: name,
}: ProviderCall): GoogleFields<Pick<GoogleBody, 'tools' | 'toolConfig'>> {
  const model = geminiModel(name);
  const { tools, choice } = chooseTools(request);
  const warnings: Warning[] = [];
  if (request.parallel_tool_calls === false && tools.length > 0) {
    warnings.push(parameterDropped('parallel_tool_calls', 'Gemini may always make several calls at once'));
  }
  if (tools.length === 0) return { fields: {}, warnings };
  const declared = tools.map((tool) => declaration(tool, model));
  warnings.push(...declared.flatMap((one) => one.warnings));
  const config = functionCallingConfig(tools, { choice, model });
  warnings.push(...config.warnings);
  return {
    fields: {
      tools: [{ functionDeclarations: declared.map((one) => one.fields) }],
      ...(config.fields ? { toolConfig: { functionCallingConfig: config.fields } } : {}),
    },
    warnings,
  };
}

function declaration({ function: declared }: Tool, model: GeminiModel): GoogleFields<FunctionDeclaration> {
  const { name, description, parameters } = declared;
  const fields: FunctionDeclaration = { name, ...(description ? { description } : {}) };
  if (!parameters || takesNothing(parameters as JsonSchema)) return { fields, warnings: [] };
  const param = `tools.${name}.parameters`;
  const converted = convertSchema({ type: 'object', ...(parameters as JsonSchema) }, { param, model });
  return {
    fields:
      converted.form === 'json'
        ? { ...fields, parametersJsonSchema: converted.schema }
        : { ...fields, parameters: { type: 'OBJECT', ...converted.schema } },
    warnings: converted.warnings,
  };
}

/** Gemini refuses an object schema without properties; a function without parameters has none. */
function takesNothing({ properties, $ref: reference, anyOf, oneOf, allOf }: JsonSchema): boolean {
  const named = Object.keys((properties as object | undefined) ?? {}).length;
  return named === 0 && [reference, anyOf, oneOf, allOf].every((keyword) => keyword === undefined);
}

type Config = NonNullable<GoogleBody['toolConfig']>['functionCallingConfig'];

function functionCallingConfig(
  tools: readonly Tool[],
  { choice, model }: { choice: ReturnType<typeof chooseTools>['choice']; model: GeminiModel },
): GoogleFields<Config | null> {
  if (choice?.mode === 'none') return { fields: { mode: 'NONE' }, warnings: [] };
  if (choice?.mode === 'required') return { fields: { mode: 'ANY' }, warnings: [] };
  if (choice?.mode === 'named')
    return { fields: { mode: 'ANY', allowedFunctionNames: [choice.name] }, warnings: [] };
  // Arguments are held to the schema in ANY and VALIDATED only.
  if (tools.some((tool) => tool.function.strict)) {
    if (isSince(model, 2.5)) return { fields: { mode: 'VALIDATED' }, warnings: [] };
    const warnings = [parameterChanged('tools.strict', 'the model holds arguments to their schema loosely')];
    return { fields: choice ? { mode: 'AUTO' } : null, warnings };
  }
  return { fields: choice ? { mode: 'AUTO' } : null, warnings: [] };
}
