import { OpenaiInvalid } from './openai-invalid.ts';

const REASONING = /^(o\d|gpt-5)/;
/** Chat variants, and GPT-5.1 and later at their default effort `none`, take sampling parameters. */
const SAMPLING = /^gpt-5(-chat|\.[1-9])/;

/**
 * What OpenAI's reasoning models refuse in a request that other models take.
 * Source: OpenAI "Reasoning models" and "Using GPT-5.x" guides, parameter compatibility.
 */
export function checkReasoningModel(model: string, body: Record<string, unknown>): void {
  if (!REASONING.test(model)) return;
  if (typeof body['max_tokens'] === 'number' && !model.includes('-chat')) {
    throw new OpenaiInvalid(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      { param: 'max_tokens', code: 'unsupported_parameter' },
    );
  }
  const effort = body['reasoning_effort'];
  if (SAMPLING.test(model) && (effort === undefined || effort === null || effort === 'none')) return;
  for (const param of ['temperature', 'top_p']) {
    const value = body[param];
    if (typeof value === 'number' && value !== 1) {
      throw new OpenaiInvalid(
        `Unsupported value: '${param}' does not support ${value} with this model. Only the default (1) value is supported.`,
        { param, code: 'unsupported_value' },
      );
    }
  }
  const unsupported = ['presence_penalty', 'frequency_penalty', 'stop'].find(
    (param) => body[param] !== undefined && body[param] !== null && body[param] !== 0,
  );
  if (unsupported) {
    throw new OpenaiInvalid(`Unsupported parameter: '${unsupported}' is not supported with this model.`, {
      param: unsupported,
      code: 'unsupported_parameter',
    });
  }
}
