import { reasoningDetailSchema, type ReasoningDetail } from '@sluice/contracts';

/** Puts the reasoning blocks of a stream together; a block's pieces have its index. */
export interface ReasoningDetailPieces {
  take(pieces: readonly unknown[]): void;
  /** The whole blocks so far, in order; they are forgotten. */
  flush(): ReasoningDetail[];
}

/** Source: OpenRouter's guide "Reasoning tokens", streaming. */
export function createReasoningDetailPieces(): ReasoningDetailPieces {
  const blocks: ReasoningDetail[] = [];

  function add(piece: ReasoningDetail): void {
    const block = blocks.at(-1);
    const isNext =
      block && block.type === piece.type && piece.index !== undefined && block.index === piece.index;
    if (!isNext) {
      blocks.push({ ...piece });
      return;
    }
    for (const field of ['text', 'data', 'summary'] as const) {
      const text = piece[field];
      if (text !== undefined) block[field] = (block[field] ?? '') + text;
    }
    if (piece.signature) block.signature = piece.signature;
  }

  return {
    take(pieces) {
      for (const raw of pieces) {
        const parsed = reasoningDetailSchema.safeParse(raw);
        if (parsed.success) add(parsed.data);
      }
    },
    flush: () => blocks.splice(0),
  };
}
