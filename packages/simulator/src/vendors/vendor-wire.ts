import type { IncomingHttpHeaders } from 'node:http';
import type { FaultKind } from '../config/fault-rule.ts';
import type { GateCrossing, GateState } from '../limits/limit-gate.ts';
import type { SimulatedChat } from './simulated-chat.ts';
import type { SimulatedCompletion } from './simulated-completion.ts';

export type { SimulatedChat } from './simulated-chat.ts';
export type { SimulatedCompletion } from './simulated-completion.ts';

export interface WireAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** What the vendor knows about the call when it validates or refuses it. */
export interface WireContext {
  requestId: string;
  /** Null when the request does not say. */
  model: string | null;
  maxInputTokens: number;
  maxOutputTokens: number;
  headers: IncomingHttpHeaders;
  /** Epoch milliseconds. */
  nowMs: number;
}

/** Refusals, beyond the faults, that every vendor has a form for. */
export type WireErrorKind =
  | Exclude<
      FaultKind,
      | 'connection_refused'
      | 'connection_reset'
      | 'hang_before_headers'
      | 'hang_mid_stream'
      | 'cut_stream'
      | 'error_in_stream'
      | 'malformed_json'
      | 'empty_body'
      | 'refusal'
      | 'malformed_function_call'
      | 'lost_response'
      | 'not_found'
    >
  | 'missing_key'
  | 'invalid_key'
  | 'unknown_model'
  | 'unknown_path'
  | 'wrong_method'
  | 'body_too_large'
  | 'invalid_json';

export interface WireErrorDetails {
  /** Wait hint in milliseconds. */
  retryAfterMs?: number;
  /** The limit that refused the call, and how much the call asked for. */
  refusal?: GateCrossing;
  promptTokens?: number;
  method?: string;
  path?: string;
  /** Masked. */
  key?: string;
}

export type ParsedChat = { status: 'ok'; chat: SimulatedChat } | { status: 'refused'; answer: WireAnswer };

export type WireEndpoint =
  | { status: 'chat'; model: string | null; stream: boolean | null }
  | { status: 'models' }
  | { status: 'wrong_method' }
  | { status: 'unknown' };

export interface WirePiece {
  frame: string;
  /** What the model produced for it, for pace and bill. */
  text: string;
}

/** The SSE frames of one answer. What a client may be sent before the model has produced anything is in `head`. */
export interface WireFrames {
  head: string[];
  pieces: WirePiece[];
  tail: string[];
  /** Tokens that no frame shows: thoughts that the vendor keeps to itself. */
  hiddenTokens: number;
}

/** One vendor's wire format. Pure: no clock, no connection, no state. */
export interface VendorWire {
  endpoint(method: string, path: string, query: URLSearchParams): WireEndpoint;
  newRequestId(): string;
  newToolCallId(): string;
  /** The caller's key; null when none was sent. */
  apiKey(headers: IncomingHttpHeaders, query: URLSearchParams): string | null;
  parse(
    body: unknown,
    endpoint: { model: string | null; stream: boolean | null },
    context: WireContext,
  ): ParsedChat;
  error(kind: WireErrorKind, context: WireContext, details?: WireErrorDetails): WireAnswer;
  /** Headers of every answer, rate limits included. `states` holds only what is configured. */
  headers(context: WireContext, states: readonly GateState[]): Record<string, string>;
  /** Headers of a completion, beside those of every answer. */
  completionHeaders(completion: SimulatedCompletion): Record<string, string>;
  plain(completion: SimulatedCompletion): { contentType: string; body: string };
  streamContentType: string;
  frames(completion: SimulatedCompletion): WireFrames;
  /** What the caller reads when the model declines; empty where a vendor sends no text then. */
  refusalText: string;
  /** The frame that tells of a failure inside a 200 stream. */
  errorFrame(context: WireContext): string;
  models(names: readonly string[]): string;
}
