import { expect, it } from 'vitest';
import { TerminalLine } from '../terminal-line.ts';
import { barText } from './history-progress.ts';

it.each([
  [79, 'history 25 % ██████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ of 6000 entries'],
  [39, 'history 25 % ███░░░░░░░ of 6000 entries'],
  [30, 'history 25 % ████░░░░░░░░░░░░░'],
  [14, 'history 25 %'],
  [0, 'history 25 %'],
])('fits a line of %i characters', (width, text) => {
  expect(barText(1_500, 6_000, width)).toBe(text);
});

/** What a terminal shows after these writes: lines, each with what was last written at its places. */
function shownBy(writes: string): string[] {
  const lines = [''];
  for (const character of writes.replaceAll('\r\u001b[K', '\f')) {
    if (character === '\n') lines.push('');
    else lines[lines.length - 1] = character === '\f' ? '' : `${lines.at(-1)}${character}`;
  }
  return lines;
}

it('gives way to lines of the log, and leaves nothing behind', () => {
  let written = '';
  const terminal = { isTTY: true, columns: 11, write: (text: string) => (written += text) };
  const line = new TerminalLine(terminal);
  const log = line.below(terminal);
  log.write('first\n');
  line.show('a bar that is too long');
  expect(shownBy(written)).toEqual(['first', 'a bar that']);
  log.write('second\n');
  expect(shownBy(written)).toEqual(['first', 'second', 'a bar that']);
  line.show('a bar');
  line.clear();
  log.write('third\n');
  expect(shownBy(written)).toEqual(['first', 'second', 'third', '']);
});
