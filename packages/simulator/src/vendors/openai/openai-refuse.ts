import { OpenaiInvalid } from './openai-invalid.ts';

/** Throws OpenAI's 400. */
export function openaiRefuse(message: string, param: string | null, code: string | null = null): never {
  throw new OpenaiInvalid(message, { param, code });
}
