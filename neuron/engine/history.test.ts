import { afterEach, expect, it } from 'vitest';
import { openStore, type Store } from '../storage/store.ts';
import { storeEvents } from '../sync/store-events.ts';
import { TestLog } from '../testing/test-log.ts';
import { SILENT, temporaryDirectory } from '../testing/test-neuron.ts';
import { Turns } from '../turns.ts';
import { History } from './history.ts';

/** More than are read at once. */
const ROWS = 1_200;

let store: Store;
afterEach(() => store.close());

function filled(): TestLog {
  const log = new TestLog();
  for (let row = 0; row < ROWS; row += 1) log.publish('a', 1_000 + row, `${row}`);
  const [first, second] = log.present().slice(700);
  if (first) log.correct(first, '-5');
  if (second) log.retract(second);
  store = openStore(temporaryDirectory());
  storeEvents(store, log.events, SILENT);
  const imported = store.imports.addStream(log.stream('a').uuid, null);
  for (const observedAt of [10, 20, 30, 1_000, 1_001]) {
    const text = { ts: `${observedAt}`, value: 'x', hash: 'h', provider: 'p', copies: 1 };
    store.imports.add(imported, { ...text, observedAt, decimal: `${observedAt}` });
  }
  store.imports.add(imported, {
    ...{ ts: 'never', value: '?', hash: 'h', provider: 'p', copies: 1 },
    ...{ observedAt: null, decimal: null },
  });
  return log;
}

it('is the newest rows that stand, after what was imported of before them, as far as there is room', async () => {
  const log = filled();
  const standing = log.present().map((row) => [Date.parse(row.observedAt), Number(row.value)] as const);
  const imported = [10, 20, 30].map((at) => [at, at] as const);
  const all = [...imported, ...standing.toSorted(([one], [other]) => one - other)];
  expect(all).toHaveLength(ROWS + 2);
  for (const historyRows of [1, 999, 1_000, 1_001, ROWS - 1, ROWS, ROWS + 1, 5_000]) {
    const { times, values } = await new History(store, { historyRows, turns: new Turns() }).series(1);
    expect(times.map((time, row) => [time, values[row]])).toEqual(all.slice(-historyRows));
  }
});

it('counts the rows there are to learn from, and those that came after a time', () => {
  filled();
  const history = new History(store, { historyRows: 10, turns: new Turns() });
  // Two revisions, and five imported rows that can be read, are among them.
  expect(history.rows(1, 1_000 + ROWS - 4)).toEqual({ all: ROWS + 2 + 5, newer: 3 });
  expect(history.rows(9, 0)).toEqual({ all: 0, newer: 0 });
});
