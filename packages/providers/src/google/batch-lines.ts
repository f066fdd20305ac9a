/** How a rendered line begins: the file's form, which the other is made of. */
export function fileLine(customId: string, request: object): object {
  return { key: customId, request };
}

const FILE_LINE = /^\{"key":"([A-Za-z0-9_-]+)","request":/;

/** A line of the file's form as an element of `input_config.requests`, without parsing what may be large. */
export function inlineRequest(line: string): string {
  const match = FILE_LINE.exec(line);
  if (!match) throw new SyntaxError('a line was not rendered by this adapter');
  const [head, key] = match;
  return `{"request":${line.slice(head.length, -1)},"metadata":{"key":"${key}"}}`;
}
