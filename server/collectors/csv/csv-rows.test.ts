import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvRows } from './csv-rows.ts';
import { parseTimestamp } from './timestamp.ts';

async function rowsOf(text: string, chunkSize = 65_536): Promise<string[]> {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkSize) }, (_, index) =>
    bytes.subarray(index * chunkSize, (index + 1) * chunkSize),
  );
  const rows: string[] = [];
  for await (const row of csvRows(Readable.from(chunks))) {
    rows.push(row.kind === 'row' ? `${row.line} ${row.observedAt} ${row.value}` : `${row.line} ${row.code}`);
  }
  return rows;
}

describe('csvRows', () => {
  it.each([
    ['no header', '1,2\n3,4\n', ['1 1000 2', '2 3000 4']],
    ['a header', 'ts,value\n1,2', ['2 1000 2']],
    ['a quoted header in capitals', '"Timestamp","Value"\n1,2', ['2 1000 2']],
    ['a header as spreadsheets of prices have it', 'Date,Close\n1970-01-02,2', ['2 86400000 2']],
    ['a header after empty lines', '\n\nts,value\n1,2', ['4 1000 2']],
    ['a header where none belongs', '1,2\nts,value\n', ['1 1000 2', '2 BAD_TIME']],
    ['a byte order mark', '\ufeffts,value\n1,2', ['2 1000 2']],
    ['Windows and old Mac line ends', 'ts,value\r\n1,2\r3,4\n', ['2 1000 2', '3 3000 4']],
    ['empty lines', '1,2\n\n   \n3,4', ['1 1000 2', '4 3000 4']],
    ['spaces and quotes', ' "1" , "2.50" \n', ['1 1000 2.5']],
    ['a quote that never ends', '1,"2\n3,4\n', ['1 BAD_VALUE', '2 3000 4']],
    ['one field', 'hello\n1,2', ['1 BAD_ROW', '2 1000 2']],
    ['three fields', '1,2,3\n1,2', ['1 BAD_ROW', '2 1000 2']],
    ['a decimal comma', '1,"2,5"', ['1 BAD_ROW']],
    ['empty fields', ',\n1,\n,2', ['1 BAD_TIME', '2 BAD_VALUE', '3 BAD_TIME']],
    [
      'values that are none',
      '1,NaN\n1,Infinity\n1,0x10\n1,1_000',
      ['1', '2', '3', '4'].map((l) => `${l} BAD_VALUE`),
    ],
    ['exponents', '1,1.5e3\n1,1e40', ['1 1000 1500', '2 BAD_VALUE']],
    ['a time without a zone', '2026-01-31T12:00:00,1', ['1 BAD_TIME']],
    ['an ISO time', '2026-01-31T12:00:00.5+02:00,1', ['1 1769853600500 1']],
    ['nothing', '', []],
  ])('reads %s', async (_, text, expected) => {
    expect(await rowsOf(text)).toEqual(expected);
    expect(await rowsOf(text, 3)).toEqual(expected);
  });

  it('says what separates fields where something else did', async () => {
    for (const text of ['1;2\n', '1\t2\n']) {
      for await (const row of csvRows(Readable.from([text]))) {
        expect(row).toMatchObject({
          kind: 'bad',
          message: expect.stringContaining('separate them by a comma'),
        });
      }
    }
    expect.assertions(2);
  });

  it('judges every line of any file by itself, however the file is cut into chunks', async () => {
    const line = fc.oneof(
      fc.tuple(fc.integer({ min: 0, max: 2e9 }), fc.integer()).map(([ts, value]) => `${ts},${value}`),
      fc.string({ unit: fc.constantFrom('1', '2', ',', '"', '.', ' ', 'x', '-', 'é') }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 20 }),
        fc.constantFrom('\n', '\r\n'),
        fc.integer({ min: 1, max: 50 }),
        async (lines, end, chunkSize) => {
          const expected: string[] = [];
          for (const [index, text] of lines.entries()) {
            const [alone] = await rowsOf(text);
            if (alone !== undefined) expected.push(alone.replace(/^1 /, `${index + 1} `));
          }
          expect(await rowsOf(lines.join(end), chunkSize)).toEqual(expected);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('parseTimestamp', () => {
  it.each([
    ['0', 0],
    ['1700000000', 1_700_000_000_000],
    ['1700000000.25', 1_700_000_000_250],
    ['1700000000.0009', 1_700_000_000_000],
    ['1700000000123', 1_700_000_000_123],
    ['99999999999', 99_999_999_999_000],
    ['100000000000', 100_000_000_000],
    ['-5', -5_000],
    ['-1.5', -1_500],
    ['-0', 0],
    ['2026-01-31T12:00:00Z', 1_769_860_800_000],
    ['999999999999999', undefined],
    ['1e9', undefined],
    ['2024-02-29', 1_709_164_800_000],
    ['2023-02-29', undefined],
    ['2024-13-01', undefined],
    ['2024-1-1', undefined],
    ['20240101', 20_240_101_000],
    ['12:00', undefined],
    ['', undefined],
  ])('reads %s', (text, expected) => expect(parseTimestamp(text)).toBe(expected));
});
