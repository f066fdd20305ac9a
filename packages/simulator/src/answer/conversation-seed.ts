import { createHash } from 'node:crypto';
import type { SimulatedChat } from '../vendors/simulated-chat.ts';

/** A number that depends on model, roles and contents alone; the ids of tool calls do not count. */
export function conversationSeed({ model, turns }: SimulatedChat): number {
  const contents = turns.map(({ role, text, toolResults, media }) => {
    const rest = [toolResults?.map((result) => result.text), media?.map((item) => item.digest)];
    return toolResults || media ? [role, text, ...rest] : [role, text];
  });
  const digest = createHash('sha256')
    .update(JSON.stringify([model, contents]))
    .digest();
  return digest.readUInt32BE(0);
}
