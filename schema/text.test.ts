import { expect, it } from 'vitest';
import { nameTrouble, textTrouble } from './text.ts';

it.each(['a\0b', '\ud800', 'a\udfffb', '\udc00\ud800'])('finds fault with %j in any text', (text) => {
  expect(textTrouble(text)).toMatch(/^must not contain/);
  expect(nameTrouble(text)).toMatch(/^must not contain/);
});

it.each(['\u001b[31m', 'a\nb', 'a\tb', '\u0085', '\u009b31m', '\u007f', '\u2028'])(
  'finds fault with %j in a name only',
  (text) => {
    expect(nameTrouble(text)).toMatch(/control characters/);
    expect(textTrouble(text)).toBeUndefined();
  },
);

it.each([
  '',
  'temperature',
  '🦆',
  'Außentemperatur °C',
  'حرارة',
  '温度',
  '__proto__',
  '%_\\',
  'e\u0301',
  '\ufffd',
])('finds none with %j', (text) => {
  expect(nameTrouble(text)).toBeUndefined();
  expect(textTrouble(text)).toBeUndefined();
});
