import { isKept, type Line } from './line.ts';

/** The lines as a table, with what the budgets say of them. */
export function table(lines: readonly Line[]): string {
  const head = ['what', 'ours', 'peer', 'peer’s', 'ratio', 'budget'];
  const rows = lines.map((line) => [
    line.what,
    `${show(line.ours)} ${line.unit}`,
    line.peer,
    `${show(line.theirs)} ${line.unit}`,
    show(line.ratio),
    budget(line),
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const text = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [text(head), rule, ...rows.map(text)].join('\n');
}

function budget(line: Line): string {
  if (!line.bound) return '';
  return `${line.bound.kind} ${line.bound.ratio}: ${isKept(line) ? 'kept' : 'NOT KEPT'}`;
}

function show(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString('en');
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
