export interface TableColumn<Row> {
  title: string;
  value: (row: Row) => string;
  /** Default `left`; numbers read better `right`. */
  align?: 'left' | 'right';
}

/** Plain text columns, two spaces apart; every line ends with a newline. */
export function formatTable<Row>(columns: readonly TableColumn<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map((column) => column.value(row)));
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, ...cells.map((line) => line[index]?.length ?? 0)),
  );
  const line = (texts: readonly string[]): string =>
    columns
      .map((column, index) => {
        const text = texts[index] ?? '';
        const width = widths[index] ?? 0;
        return column.align === 'right' ? text.padStart(width) : text.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [columns.map((column) => column.title), ...cells].map((texts) => `${line(texts)}\n`).join('');
}
