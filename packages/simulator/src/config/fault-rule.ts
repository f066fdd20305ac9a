import { z } from 'zod';
import { BATCH_OPERATIONS } from './batch-operation.ts';

/**
 * What a call can suffer, whichever vendor it meets; each vendor answers in its own form.
 *
 * - `rate_limited`: 429 with the vendor's wait hint (`retry-after`; Gemini: `RetryInfo` in the body).
 * - `rate_limited_no_hint`: 429 without one.
 * - `server_error` 500, `bad_gateway` 502 (an HTML page, as from the vendors' edge), `unavailable` 503,
 *   `overloaded` (Anthropic 529, elsewhere 503).
 * - `unauthorized` 401, `forbidden` 403, `billing` (OpenAI 429 `insufficient_quota`, Anthropic 402, Gemini 403).
 * - `context_window`: 400 in the vendor's words.
 * - `connection_refused`: an account with its own port closes it while a rule without probability, `times` and
 *   `model` stands, so that connecting fails; on the shared port the connection is closed before any byte.
 * - `connection_reset`: a TCP reset, before any byte, or after `after_tokens` of a stream.
 * - `hang_before_headers`, `hang_mid_stream`: silence until the client leaves, at most 10 minutes.
 * - `cut_stream`: the answer ends properly on the wire, without its terminal event (plain: half the JSON).
 * - `error_in_stream`: the vendor's error event inside a 200 stream (plain: 500).
 * - `malformed_json`, `empty_body`: 200 with a broken or without a body.
 * - `refusal`: the model declines (OpenAI `message.refusal` with `content_filter`, Anthropic `refusal`, Gemini `SAFETY`).
 * - `prompt_blocked`: Gemini 200 without candidates; elsewhere the vendor's 400.
 * - `malformed_function_call`: Gemini's finish reason of that name; elsewhere tool calls whose arguments are no JSON
 *   (Anthropic: in streams; a plain message can not carry them and has an empty input).
 * - `lost_response`, of a Batch API only: it does what it was asked and resets the connection before it answers.
 * - `not_found`, of a Batch API only: 404, as just after a create.
 *
 * Of a Batch API, `cut_stream`, `hang_mid_stream`, `malformed_json` and `empty_body` break the answer after the fact,
 * the others come before it.
 */
export const FAULT_KINDS = [
  'rate_limited',
  'rate_limited_no_hint',
  'server_error',
  'bad_gateway',
  'unavailable',
  'overloaded',
  'unauthorized',
  'forbidden',
  'billing',
  'context_window',
  'connection_refused',
  'connection_reset',
  'hang_before_headers',
  'hang_mid_stream',
  'cut_stream',
  'error_in_stream',
  'malformed_json',
  'empty_body',
  'refusal',
  'prompt_blocked',
  'malformed_function_call',
  'lost_response',
  'not_found',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** What only one of the APIs can suffer. */
const CHAT_ONLY: readonly FaultKind[] = [
  'context_window',
  'error_in_stream',
  'refusal',
  'prompt_blocked',
  'malformed_function_call',
];
const BATCH_ONLY: readonly FaultKind[] = ['lost_response', 'not_found'];

/** One switched fault. Rules stand in order; see `createFaultPlan` for how several share the calls. */
export const faultRuleSchema = z
  .strictObject({
    /** Name of the account; `*` for all. */
    account: z.string().min(1),
    /** Only calls for this model. Default: every model. */
    model: z.string().min(1).optional(),
    /** Only calls with this key. Default: every key. */
    key: z.string().min(1).optional(),
    kind: z.enum(FAULT_KINDS),
    /** Which calls: those of the model, or those of the Batch API with its files. Default: `chat`. */
    api: z.enum(['chat', 'batch']).default('chat'),
    /** Of the Batch API, only these. Default: all. */
    operation: z.enum(BATCH_OPERATIONS).optional(),
    /** Share of the calls that are hit. Default: all. */
    probability: z.number().min(0).max(1).default(1),
    /** How many calls are hit before the rule ends; one that is refused sooner (form, limits) counts. Default: no end. */
    times: z.number().int().positive().optional(),
    /** First call that can be hit, counting from 1 the calls that fit the rule since it was set. */
    from_call: z.number().int().positive().default(1),
    /** Wait hint of `rate_limited`, and of 5xx answers when given. Default: 1 s for `rate_limited`. */
    retry_after_s: z.number().nonnegative().optional(),
    /** How many pieces of a stream come before it breaks. Default: half of them. */
    after_tokens: z.number().int().nonnegative().optional(),
  })
  .refine(({ api, operation }) => operation === undefined || api === 'batch', {
    error: 'operation is only for api "batch"',
    path: ['operation'],
  })
  .refine(({ api, kind }) => !(api === 'batch' ? CHAT_ONLY : BATCH_ONLY).includes(kind), {
    error: 'there is no such fault in this API',
    path: ['kind'],
  });
export type FaultRule = z.infer<typeof faultRuleSchema>;
export type FaultRuleInput = z.input<typeof faultRuleSchema>;
