import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BoundedLines } from './bounded-lines.ts';

async function linesOf(chunks: readonly Buffer[], limit: number): Promise<string[]> {
  const lines: string[] = [];
  const input = Readable.from(chunks, { objectMode: false });
  new BoundedLines(input, limit, (line) => lines.push(line));
  await new Promise((resolve) => input.once('end', resolve));
  return lines;
}

it('finds the lines of a text, however it is cut, and cuts those that are too long', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'ß', '🦆', '\n', '\r\n', ','), maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 7 }), async (given, size) => {
      const bytes = Buffer.from(given);
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        bytes.subarray(n * size, (n + 1) * size),
      );
      const expected = given.split('\n').map((line) => line.slice(0, 9).replace(/\r$/, ''));
      if (expected.at(-1) === '') expected.pop();
      expect(await linesOf(chunks, 8)).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

it('keeps no more than the limit of a line without an end', async () => {
  const chunk = Buffer.alloc(1_048_576, 'x');
  const lines = await linesOf([...Array.from({ length: 64 }, () => chunk), Buffer.from('\nnext')], 1_000);
  expect(lines.map(({ length }) => length)).toEqual([1_001, 4]);
});
