/** A terminal's size in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Where the second column of a line begins: after two spaces or more. */
const SECOND_COLUMN = /^\S+(?: \S+)* {2,}/;

/**
 * Lines of two columns as a terminal can show them: what is too long goes on below, under its column, and what is too
 * much is left out at the end. The last row stays free for the cursor.
 */
export function fitTerminal(text: string, { columns, rows }: TerminalSize): string {
  const lines = text
    .trimEnd()
    .split('\n')
    .flatMap((line) => wrap(line, columns));
  const room = Math.max(1, rows - 1);
  const shown = lines.length <= room ? lines : [...lines.slice(0, room - 1), '…'];
  return shown.map((line) => `${line}\n`).join('');
}

function wrap(line: string, columns: number): string[] {
  const indent = SECOND_COLUMN.exec(line)?.[0].length ?? 0;
  const width = columns - indent;
  // There is no room for a column of its own.
  if (width < 8) return [line.slice(0, columns)];
  const lines: string[] = [];
  let rest = line.slice(indent);
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const at = space > 0 ? space : width;
    lines.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  return [...lines, rest].map((part, index) =>
    index === 0 ? line.slice(0, indent) + part : ' '.repeat(indent) + part,
  );
}
