import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseJsonText } from './json-text.ts';

it('keeps every digit of every number', () => {
  const text =
    '{"a": 0.1000000000000000055511151231257827, "b": [1e400, -0, 123456789012345678901234567890], "c": {"d": 1.50}}';
  expect(parseJsonText(text)).toEqual({
    a: '0.1000000000000000055511151231257827',
    b: ['1e400', '-0', '123456789012345678901234567890'],
    c: { d: '1.50' },
  });
});

it('is JSON.parse for everything else', () => {
  const asText = (value: unknown): unknown =>
    typeof value === 'number'
      ? JSON.stringify(value)
      : Array.isArray(value)
        ? value.map(asText)
        : value !== null && typeof value === 'object'
          ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asText(item)]))
          : value;
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(3), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(parseJsonText(text)).toEqual(asText(JSON.parse(text)));
    }),
  );
});

it('leaves strings alone, whatever they hold', () => {
  expect(parseJsonText(String.raw`["1", "a \" 2 \\", "\\\" 3"]`)).toEqual(['1', 'a " 2 \\', '\\" 3']);
  const long = 'x1"'.repeat(500_000);
  expect(parseJsonText(JSON.stringify([long, 1]))).toEqual([long, '1']);
});

it.each(['', '{', '[1,]', '01', '1.', '.5', '+1', '1 2', '-', '"a', 'NaN', '<html>1</html>', '[1e]'])(
  'refuses %j',
  (text) => expect(() => parseJsonText(text)).toThrow(SyntaxError),
);
