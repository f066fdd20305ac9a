/**
 * Gemini's own schema: a part of OpenAPI 3.0's. Source: Gemini API reference, "Schema".
 */
export interface GeminiSchema {
  type?: 'STRING' | 'NUMBER' | 'INTEGER' | 'BOOLEAN' | 'ARRAY' | 'OBJECT' | 'NULL';
  format?: string;
  title?: string;
  description?: string;
  nullable?: boolean;
  enum?: string[];
  anyOf?: GeminiSchema[];
  items?: GeminiSchema;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, GeminiSchema>;
  required?: string[];
  propertyOrdering?: string[];
  minProperties?: number;
  maxProperties?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minimum?: number;
  maximum?: number;
}

/** A schema for the vendor, and the names of the keywords that it could not keep. */
export interface ConvertedSchema<Schema> {
  schema: Schema;
  lost: string[];
}

/** Keywords that bind no value, or that hold of all that Gemini generates: nothing is lost without them. */
export const UNMISSED: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$anchor',
  '$comment',
  'default',
  'example',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'strict',
]);
