/** What the tests need of an OpenAPI operation. */
export interface OpenApiOperation {
  /** Upper case. */
  method: string;
  /** With `{id}`. */
  path: string;
  operationId: string;
  parameters: readonly { name: string; in: string; required?: boolean; schema?: JsonSchema }[];
  /** By media type; empty when the operation takes no body. */
  bodies: Readonly<Record<string, { schema?: JsonSchema }>>;
  answers: Readonly<Record<string, unknown>>;
}

/** A JSON schema of the document; references lead to `schemas`. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
}

export interface OpenApi {
  operations: readonly OpenApiOperation[];
  schemas: Readonly<Record<string, JsonSchema>>;
}

interface Document {
  paths: Record<
    string,
    Record<
      string,
      {
        operationId?: string;
        parameters?: OpenApiOperation['parameters'];
        requestBody?: { content?: OpenApiOperation['bodies'] };
        responses?: Record<string, unknown>;
      }
    >
  >;
  components: { schemas: Record<string, JsonSchema> };
}

/** Every operation of a running API, from its own document. */
export async function readOpenApi(baseUrl: string): Promise<OpenApi> {
  const document = (await (await fetch(`${baseUrl}/openapi.json`)).json()) as Document;
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operationId: operation.operationId ?? '',
      parameters: operation.parameters ?? [],
      bodies: operation.requestBody?.content ?? {},
      answers: operation.responses ?? {},
    })),
  );
  return { operations, schemas: document.components.schemas };
}
