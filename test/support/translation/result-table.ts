export interface CellResult {
  row: string;
  column: string;
  status: 'pass' | 'refused';
  /** What could not be kept, in a few words each. */
  notes: readonly string[];
}

/** Results of a suite as a table: a cell that no test has filled has failed. Notes are numbered below it. */
export function resultTable(title: string, columns: readonly string[], cells: readonly CellResult[]): string {
  const notes: string[] = [];
  const number = (note: string): number => {
    if (!notes.includes(note)) notes.push(note);
    return notes.indexOf(note) + 1;
  };
  const rows = [...new Set(cells.map(({ row }) => row))].map((row) => [
    row,
    ...columns.map((column) => {
      const cell = cells.find((one) => one.row === row && one.column === column);
      if (!cell) return 'FAIL';
      return [cell.status, cell.notes.map(number).join(',')].filter(Boolean).join(' ');
    }),
  ]);
  const lines = [[title, ...columns], ...rows];
  const widths = lines[0]!.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)));
  const render = (line: readonly string[]) =>
    line
      .map((text, at) => text.padEnd(widths[at]!))
      .join(' | ')
      .trimEnd();
  return [
    '',
    render(lines[0]!),
    widths.map((width) => '-'.repeat(width)).join('-+-'),
    ...rows.map(render),
    '',
    ...notes.map((note, at) => `${`${at + 1}`.padStart(3)}  ${note}`),
    '',
  ].join('\n');
}
