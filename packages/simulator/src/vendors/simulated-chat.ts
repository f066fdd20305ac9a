/** A function that the caller offers; `schema` is null when it takes nothing. */
export interface SimulatedTool {
  name: string;
  schema: Record<string, unknown> | null;
}

export interface SimulatedToolCall {
  id: string;
  name: string;
  /** JSON text of an object. */
  arguments: string;
}

export interface SimulatedMedia {
  kind: 'image' | 'document' | 'audio' | 'video';
  /** As the vendor counts it. */
  tokens: number;
  /** Hash of what was sent, or its URL. */
  digest: string;
}

export interface SimulatedTurn {
  role: 'system' | 'user' | 'assistant';
  text: string;
  toolCalls?: SimulatedToolCall[];
  toolResults?: { name: string | null; text: string }[];
  media?: SimulatedMedia[];
}

/** One block of a prompt in the order in which a vendor caches it. */
export interface CacheSegment {
  content: string;
  tokens: number;
  /** A caller's mark: everything up to here shall be cached for so long. */
  mark: '5m' | '1h' | null;
}

/** How the vendor caches this prompt. Prompts of other scopes never share an entry. */
export interface CachePlan {
  /** `automatic`: in steps of 128 tokens, unasked. `marked`: at the caller's marks only. */
  kind: 'automatic' | 'marked';
  scope: string;
  /** Shorter prefixes are not cached. */
  minTokens: number;
  /** Of automatic entries, milliseconds. */
  ttlMs: number;
  segments: CacheSegment[];
}

/** A conversation, read from any vendor's request. Optional fields are absent when the caller asked for nothing. */
export interface SimulatedChat {
  model: string;
  turns: SimulatedTurn[];
  maxOutputTokens: number | null;
  stopSequences: string[];
  stream: boolean;
  /** OpenAI's `stream_options.include_usage`; the other vendors always report usage. */
  includeUsage: boolean;
  tools?: SimulatedTool[];
  /** Default: `auto`, every tool, parallel calls allowed. */
  toolUse?: {
    mode: 'auto' | 'none' | 'required';
    /** Only these; null for every tool. */
    names: string[] | null;
    parallel: boolean;
    /** The choice names one tool, which OpenAI answers with the finish reason `stop`. */
    named: boolean;
  };
  output?: { kind: 'json_object' } | { kind: 'json_schema'; schema: Record<string, unknown> };
  /** How much the model thinks, and whether the caller is shown it: `omitted` sends the signature alone. */
  thinking?: { tokens: number; display: 'shown' | 'omitted' | 'hidden'; redacted: boolean };
  /** The caller used the vendor's test prompt for a refusal. */
  wantsRefusal?: boolean;
  /** How many answers. Default: 1. */
  n?: number;
  /** Alternatives per token; absent: no log probabilities. */
  topLogprobs?: number;
  /** As the answer names it. */
  serviceTier?: string;
  cache?: CachePlan;
  /** The model gives up when prompt and answer exceed its window, as a finish reason. */
  windowTokens?: number;
}
