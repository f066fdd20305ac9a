import type { GeminiSchema } from '../schema/gemini-schema.ts';

export interface GooglePart {
  text?: string;
  inlineData?: { mimeType: string; data: string };
  fileData?: { mimeType?: string; fileUri: string };
  functionCall?: { id?: string; name: string; args: Record<string, unknown> };
  functionResponse?: { id?: string; name: string; response: Record<string, unknown> };
  /** Base64, as the model gave it. */
  thoughtSignature?: string;
}

export interface FunctionDeclaration {
  name: string;
  description?: string;
  parameters?: GeminiSchema;
  parametersJsonSchema?: Record<string, unknown>;
}

export interface GenerationConfig {
  maxOutputTokens?: number;
  temperature?: number;
  topP?: number;
  topK?: number;
  presencePenalty?: number;
  frequencyPenalty?: number;
  stopSequences?: string[];
  seed?: number;
  candidateCount?: number;
  responseLogprobs?: boolean;
  logprobs?: number;
  responseMimeType?: string;
  responseSchema?: GeminiSchema;
  responseJsonSchema?: Record<string, unknown>;
  thinkingConfig?: { thinkingLevel?: string; thinkingBudget?: number; includeThoughts?: boolean };
}

/** The body of `generateContent`, as far as the broker builds it. Source: Gemini API reference, "Generating content". */
export interface GoogleBody {
  contents: { role: 'user' | 'model'; parts: GooglePart[] }[];
  systemInstruction?: { role: 'system'; parts: { text: string }[] };
  tools?: Record<string, unknown>[];
  toolConfig?: { functionCallingConfig: { mode: string; allowedFunctionNames?: string[] } };
  safetySettings?: unknown[];
  serviceTier?: string;
  generationConfig: GenerationConfig;
}
