import type { SimulatedChat } from '../simulated-chat.ts';
import { openaiRefuse } from './openai-refuse.ts';
import { textOf } from '../text-of.ts';

const TOKENS: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 8,
  low: 32,
  medium: 64,
  high: 128,
  xhigh: 256,
};

/** Efforts by model, the default last. Source: OpenAI model pages, 2026-07. */
const EFFORTS: readonly (readonly [RegExp, readonly string[], string])[] = [
  [/^o\d/, ['low', 'medium', 'high'], 'medium'],
  [/^gpt-5\.1/, ['none', 'low', 'medium', 'high'], 'none'],
  [/^gpt-5\.[2-9]/, ['none', 'low', 'medium', 'high', 'xhigh'], 'none'],
  [/^gpt-5(?!-chat)/, ['minimal', 'low', 'medium', 'high'], 'medium'],
];

function listed(values: readonly string[]): string {
  const quoted = values.map((value) => `'${value}'`);
  return `${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1)}`;
}

/** How much the model reasons, which OpenAI bills and does not show. Compatible servers take any effort. */
export function readOpenaiReasoning(
  body: Record<string, unknown>,
  { model, lenient }: { model: string; lenient: boolean },
): Pick<SimulatedChat, 'thinking'> {
  const effort = body['reasoning_effort'] ?? null;
  const known = EFFORTS.find(([name]) => name.test(model));
  if (lenient) return {};
  if (!known) {
    if (effort !== null) openaiRefuse('Unrecognized request argument supplied: reasoning_effort', null);
    return {};
  }
  const [, efforts, usual] = known;
  if (effort !== null && !efforts.includes(textOf(effort))) {
    openaiRefuse(
      `Unsupported value: 'reasoning_effort' does not support '${textOf(effort)}' with this model. Supported values are: ${listed(efforts)}.`,
      'reasoning_effort',
      'unsupported_value',
    );
  }
  const tokens = TOKENS[textOf(effort ?? usual)] ?? 0;
  return tokens > 0 ? { thinking: { tokens, display: 'hidden', redacted: false } } : {};
}
