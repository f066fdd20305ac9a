import { expect, test } from 'vitest';
import { formatTable } from './format-table.ts';

test('columns are as wide as their widest cell; numbers stand right', () => {
  const text = formatTable(
    [
      { title: 'NAME', value: (row: { name: string; count: number }) => row.name },
      { title: 'N', value: (row) => String(row.count), align: 'right' },
    ],
    [
      { name: 'a-long-name', count: 7 },
      { name: 'b', count: 123 },
    ],
  );

  expect(text).toBe('NAME           N\na-long-name    7\nb            123\n');
});
