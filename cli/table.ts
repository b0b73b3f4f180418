import { harmlessLine } from './say.ts';

/** Rows as text in aligned columns, the first row being the head. A cell stays in its row, whatever is in it. */
export function table(given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map(harmlessLine));
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
