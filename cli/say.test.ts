import { describe, expect, it } from 'vitest';
import { createLogger, logWriter } from './logging.ts';
import { harmless, harmlessLine } from './say.ts';
import { table } from './table.ts';

/** What terminals act on: escape sequences in both forms, the title, the line's start, erasing, turned writing. */
const ATTACKS = [
  '\u001b[2J\u001b[31mred',
  '\u009b31mred',
  '\u001b]0;title\u0007',
  'ok\rforged',
  'ab\b\bcd',
  '\u007f',
  'a\u202etxt.exe',
  'x\u2066y\u2069',
];
const ACTED_ON = /[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u;

describe.each(ATTACKS)('%j', (attack) => {
  it('is shown and not acted on', () => {
    expect(harmless(attack)).not.toMatch(ACTED_ON);
    expect(harmless(`${attack}\nnext`)).toMatch(/\nnext$/);
    expect(JSON.parse(harmless(JSON.stringify(attack)))).toBe(attack);
  });

  it('stays in its cell of a table', () => {
    const text = table([
      ['NAME', 'VALUE'],
      [`${attack}\nforged  row`, '1'],
    ]);
    expect(text).not.toMatch(ACTED_ON);
    expect(text.split('\n')).toHaveLength(3);
  });

  it.each(['pretty', 'json'] as const)('does nothing in a log that is %s', (format) => {
    const written: string[] = [];
    const output = { isTTY: true, hasColors: () => false, write: (text: string) => void written.push(text) };
    const log = createLogger({ level: 'info', format }, 'server', output);
    log.info({ stream: attack, err: new Error(attack), deep: { name: attack } }, attack);
    logWriter(format, output)(`no record ${attack}`);
    expect(written.join('')).not.toMatch(ACTED_ON);
    if (format === 'json')
      expect(JSON.parse(written[0] ?? '')).toMatchObject({ msg: attack, stream: attack });
  });
});

it('leaves alone what people write', () => {
  const text = 'Außentemperatur °C\n温度 🦆 حرارة \\u001b é';
  expect(harmless(text)).toBe(text);
  expect(harmlessLine('a\nb')).toBe('a\\u000ab');
});

it('leaves backslashes in a log as they are', () => {
  const written: string[] = [];
  const output = { isTTY: true, hasColors: () => false, write: (text: string) => void written.push(text) };
  createLogger({ level: 'info', format: 'pretty' }, 'server', output).info({}, 'C:\\new\\u001b \\\\r');
  expect(written.join('')).toContain('C:\\new\\u001b \\\\r');
});
