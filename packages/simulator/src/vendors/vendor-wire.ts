import type { IncomingHttpHeaders } from 'node:http';
import type { FaultKind } from '../config/fault-rule.ts';
import type { GateCrossing, GateState } from '../limits/limit-gate.ts';

export interface WireAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** A conversation, read from any vendor's request. */
export interface SimulatedChat {
  model: string;
  turns: { role: 'system' | 'user' | 'assistant'; text: string }[];
  maxOutputTokens: number | null;
  stopSequences: string[];
  stream: boolean;
  /** OpenAI's `stream_options.include_usage`; the other vendors always report usage. */
  includeUsage: boolean;
}

/** An answer, to be written in any vendor's form. */
export interface SimulatedCompletion {
  requestId: string;
  /** Unix seconds. */
  createdSeconds: number;
  chat: SimulatedChat;
  text: string;
  /** `text` in the pieces that a stream sends. */
  pieces: string[];
  finish: 'stop' | 'stop_sequence' | 'length' | 'refusal' | 'prompt_blocked';
  stopSequence: string | null;
  promptTokens: number;
  completionTokens: number;
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

/** The SSE frames of one answer. What a client may be sent before the model has produced anything is in `head`. */
export interface WireFrames {
  head: string[];
  pieces: string[];
  tail: string[];
}

/** One vendor's wire format. Pure: no clock, no connection, no state. */
export interface VendorWire {
  endpoint(method: string, path: string, query: URLSearchParams): WireEndpoint;
  newRequestId(): string;
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
  plain(completion: SimulatedCompletion): { contentType: string; body: string };
  streamContentType: string;
  frames(completion: SimulatedCompletion): WireFrames;
  /** What the caller reads when the model declines; empty where a vendor sends no text then. */
  refusalText: string;
  /** The frame that tells of a failure inside a 200 stream. */
  errorFrame(context: WireContext): string;
  models(names: readonly string[]): string;
}
