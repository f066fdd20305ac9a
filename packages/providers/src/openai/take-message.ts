import { z } from 'zod';
import type { ChoiceCollector } from '../call/choice-collector.ts';

/** Servers send the arguments of a call as JSON text, some as an object. */
const functionSchema = z.object({
  name: z.string().nullish().catch(null),
  arguments: z.unknown().optional(),
});

/**
 * A message, or a piece of it. Source: OpenAI API reference, "The chat completion object" and "chunk object";
 * `reasoning_content` is DeepSeek's and vLLM's, `reasoning` and `reasoning_details` are OpenRouter's, `function_call`
 * is the older form of `tool_calls`.
 */
export const messageSchema = z.object({
  content: z.string().nullish(),
  refusal: z.string().nullish(),
  reasoning_content: z.string().nullish().catch(null),
  reasoning: z.string().nullish().catch(null),
  reasoning_details: z.array(z.unknown()).nullish().catch(null),
  tool_calls: z
    .array(
      z.object({
        index: z.number().int().optional().catch(undefined),
        id: z.string().nullish().catch(null),
        function: functionSchema.nullish().catch(null),
      }),
    )
    .nullish(),
  function_call: functionSchema.nullish().catch(null),
  annotations: z.array(z.unknown()).nullish().catch(null),
});
export type ServerMessage = z.infer<typeof messageSchema>;

/** Puts a message, or a piece of one, into a choice. Refusals and reasoning blocks are left to the caller. */
export function takeMessage(message: ServerMessage, collector: ChoiceCollector): void {
  collector.addReasoning(message.reasoning_content || message.reasoning || '');
  collector.add(message.content ?? '');
  for (const [position, call] of (message.tool_calls ?? []).entries()) {
    collector.addToolCall({
      key: call.index ?? call.id ?? position,
      id: call.id,
      name: call.function?.name,
      arguments: argumentsText(call.function?.arguments),
    });
  }
  if (message.function_call) {
    const { name, arguments: given } = message.function_call;
    collector.addToolCall({ key: 'function_call', name, arguments: argumentsText(given) });
  }
  if (message.annotations) collector.addAnnotations(message.annotations);
}

function argumentsText(given: unknown): string {
  if (given === undefined || given === null) return '';
  return typeof given === 'string' ? given : JSON.stringify(given);
}
