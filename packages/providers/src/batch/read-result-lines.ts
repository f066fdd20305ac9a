import type { CallMonitor } from '../call/call-monitor.ts';
import { watchedBody } from './watched-body.ts';

const NEWLINE = 10;
/** An answer of a model has at most some hundred thousand tokens; more is a fault. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/**
 * The lines of a download as it arrives, parsed; lines that are no JSON are left out, save the last of a download
 * that broke off inside it, for which it throws. Holds one line in memory. A pause longer than `idleMs` interrupts
 * the call.
 */
export async function* readResultLines(
  body: ReadableStream<Uint8Array>,
  { monitor, idleMs }: { monitor: CallMonitor; idleMs: number },
): AsyncGenerator {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const piece of watchedBody(body, { monitor, idleMs })) {
    const chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const tail = chunk.subarray(from, at);
      const line = restBytes === 0 ? tail : Buffer.concat([...rest, tail]);
      rest = [];
      restBytes = 0;
      from = at + 1;
      const parsed = parse(line.toString());
      if (parsed !== undefined) yield parsed;
    }
    if (from === chunk.length) continue;
    rest.push(chunk.subarray(from));
    restBytes += chunk.length - from;
    if (restBytes > MAX_LINE_BYTES) throw new SyntaxError(`a line has more than ${MAX_LINE_BYTES} bytes`);
  }
  const last = Buffer.concat(rest).toString().trim();
  if (last !== '') yield JSON.parse(last) as unknown;
}

function parse(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
