import type { SimulatedChat, SimulatedToolCall } from './simulated-chat.ts';

export type SimulatedFinish =
  | 'stop'
  | 'stop_sequence'
  | 'length'
  | 'context_window'
  | 'tool_calls'
  | 'malformed_function_call'
  | 'refusal'
  | 'prompt_blocked';

/** One answer to the prompt. */
export interface SimulatedChoice {
  /** What the model thought; empty for nothing. */
  reasoning: string;
  text: string;
  toolCalls: SimulatedToolCall[];
  finish: SimulatedFinish;
  stopSequence: string | null;
  reasoningTokens: number;
  /** Everything that was produced, thoughts included. */
  tokens: number;
}

/** Of the prompt, what came from the cache and what was written to it. */
export interface CacheUse {
  readTokens: number;
  write5mTokens: number;
  write1hTokens: number;
}

/** An answer, to be written in any vendor's form. */
export interface SimulatedCompletion {
  requestId: string;
  /** Unix seconds. */
  createdSeconds: number;
  chat: SimulatedChat;
  /** At least one. */
  choices: SimulatedChoice[];
  promptTokens: number;
  /** Of all choices. */
  completionTokens: number;
  reasoningTokens: number;
  cache: CacheUse;
  /** US dollars, told with the usage; absent: not told. */
  costUsd?: number;
}
