import { expect, it } from 'vitest';
import { parseDuration } from './duration.ts';

it.each([
  ['1h', 3_600_000],
  ['90m', 5_400_000],
  ['7d', 604_800_000],
  ['30s', 30_000],
])('reads %s', (text, ms) => expect(parseDuration(text)).toBe(ms));

it.each([
  '',
  '1',
  '0h',
  '-1h',
  '1.5h',
  '1 h',
  '1H',
  '1h30m',
  'h',
  '01h',
  '1w',
  '250ms',
  '1h ',
  '+1h',
  '1e3s',
  '999999999d',
])('refuses %j, and guesses nothing', (text) => expect(parseDuration(text)).toBeUndefined());

it('takes milliseconds only where they are asked for', () => {
  expect(parseDuration('250ms', ['ms', 's'])).toBe(250);
  expect(parseDuration('1h', ['ms', 's'])).toBeUndefined();
});
