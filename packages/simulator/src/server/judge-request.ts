import { countPromptTokens } from '../answer/count-tokens.ts';
import type { FaultRule } from '../config/fault-rule.ts';
import { simulatedModel } from '../config/simulator-models.ts';
import type { SimulatedChat, SimulatedCompletion, WireAnswer, WireContext } from '../vendors/vendor-wire.ts';
import { composeCompletion, type AnswerTokens } from './compose-completion.ts';
import type { SimulatedAccount } from './simulator-state.ts';

/** Sizes of models that nobody has described. */
const UNKNOWN_MODEL = { maxInputTokens: 200_000, maxOutputTokens: 64_000 };

export type JudgedRequest =
  /** `chat` once the form was right. */
  | { status: 'refused'; answer: WireAnswer; chat: SimulatedChat | null }
  | { status: 'run'; completion: SimulatedCompletion };

/**
 * What the vendor's model makes of a request, live or as a line of a batch: the model's name, the form, the size, the
 * answer. Fills the model's sizes into `context`.
 */
export function judgeRequest(
  { account, answerTokens }: { account: SimulatedAccount; answerTokens: AnswerTokens },
  {
    body,
    endpoint,
    context,
    rule,
  }: {
    body: unknown;
    endpoint: { model: string | null; stream: boolean | null };
    context: WireContext;
    rule: FaultRule | null;
  },
): JudgedRequest {
  const { wire, config } = account;
  const own = config.models[context.model ?? ''];
  const described = simulatedModel(context.model);
  if (config.strict_models && context.model !== null && !own && described?.vendor !== account.vendor) {
    return { status: 'refused', answer: wire.error('unknown_model', context), chat: null };
  }
  context.maxInputTokens = own?.max_input_tokens ?? (described ?? UNKNOWN_MODEL).maxInputTokens;
  context.maxOutputTokens = own?.max_output_tokens ?? (described ?? UNKNOWN_MODEL).maxOutputTokens;
  const parsed = wire.parse(body, endpoint, context);
  if (parsed.status === 'refused') return { status: 'refused', answer: parsed.answer, chat: null };
  const { chat } = parsed;
  const promptTokens = countPromptTokens(chat);
  if (promptTokens > context.maxInputTokens) {
    return { status: 'refused', answer: wire.error('context_window', context, { promptTokens }), chat };
  }
  const completion = composeCompletion({ account, answerTokens }, context, { chat, promptTokens, rule });
  return { status: 'run', completion };
}
