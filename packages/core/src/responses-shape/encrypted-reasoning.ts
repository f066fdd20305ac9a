import { reasoningDetailSchema, type ReasoningDetail } from '@sluice/contracts';
import { z } from 'zod';

const PREFIX = 'sluice1.';

/** Blocks of reasoning as the `encrypted_content` of a reasoning item: only Sluice reads it, callers hand it back. */
export function encryptedReasoning(details: readonly ReasoningDetail[]): string {
  return `${PREFIX}${Buffer.from(JSON.stringify(details)).toString('base64url')}`;
}

/** The blocks in an item that Sluice made; none for anything else. */
export function decryptReasoning(text: string | null | undefined): ReasoningDetail[] {
  if (!text?.startsWith(PREFIX)) return [];
  try {
    const value: unknown = JSON.parse(Buffer.from(text.slice(PREFIX.length), 'base64url').toString());
    const parsed = z.array(reasoningDetailSchema).safeParse(value);
    return parsed.success ? parsed.data : [];
  } catch {
    return [];
  }
}
