import { expect, it } from 'vitest';
import { fitTerminal } from './fit-terminal.ts';

const TEXT = 'connections     7  graphql-transport-ws 5, graphql-sse 1, eventsource 1\ncohorts         2\n';

it('leaves alone what there is room for', () => {
  expect(fitTerminal(TEXT, { columns: 80, rows: 24 })).toBe(TEXT);
});

it('lets what is too long go on under its column', () => {
  expect(fitTerminal(TEXT, { columns: 50, rows: 24 })).toBe(
    'connections     7  graphql-transport-ws 5,\n                graphql-sse 1, eventsource 1\ncohorts         2\n',
  );
  const narrow = fitTerminal(TEXT, { columns: 30, rows: 24 }).trimEnd().split('\n');
  expect(narrow).toEqual([
    'connections     7',
    '                graphql-transp',
    '                ort-ws 5,',
    '                graphql-sse 1,',
    '                eventsource 1',
    'cohorts         2',
  ]);
});

it('says that something is left out where there are too few rows, or no column fits', () => {
  expect(fitTerminal(TEXT, { columns: 50, rows: 3 })).toBe('connections     7  graphql-transport-ws 5,\n…\n');
  expect(fitTerminal(TEXT, { columns: 12, rows: 9 })).toBe('connections \ncohorts     \n');
});
