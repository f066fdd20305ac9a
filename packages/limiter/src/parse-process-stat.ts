interface ProcessStat {
  pid: number;
  /** One letter: R, S, D, T, Z, X. */
  state: string;
  /** In ticks since the machine was started. */
  startedAt: string;
}

/** `/proc/<pid>/stat` as of proc(5): the name of the program stands in brackets and may hold anything. */
export function parseProcessStat(text: string): ProcessStat | null {
  const nameEnds = text.lastIndexOf(')');
  const rest = text.slice(nameEnds + 2).split(' ');
  // Fields 3 and 22.
  const [state, startedAt] = [rest[0], rest[19]];
  if (nameEnds < 0 || state === undefined || startedAt === undefined || !/^\d+$/.test(startedAt)) return null;
  return { pid: Number.parseInt(text, 10), state, startedAt };
}
