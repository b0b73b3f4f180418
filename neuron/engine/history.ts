import type { EpochMs } from '../../schema/time.ts';
import type { Series } from '../adapters/adapter.ts';
import type { PresentValue } from '../storage/observation-rows.ts';
import type { Store } from '../storage/store.ts';
import type { Turns } from '../turns.ts';

/** Rows read at once. */
const READ_ROWS = 1_000;

export interface HistoryOptions {
  /** The newest rows of a stream that models are made from, at most. */
  readonly historyRows: number;
  /** Shared with whoever else works on the main thread. */
  readonly turns: Turns;
}

/** What models are made from: the server's rows of a stream, after those that were imported. */
export class History {
  readonly #store: Store;
  readonly #options: HistoryOptions;
  /** Readable imported rows by uuid: nothing is imported while the neuron runs. */
  readonly #importedRows = new Map<string, number>();

  constructor(store: Store, options: HistoryOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** The newest rows of a stream that stand. */
  async series(stream: number): Promise<Series> {
    const { historyRows, turns } = this.#options;
    const pages: (readonly PresentValue[])[] = [];
    let [before, room] = [Number.MAX_SAFE_INTEGER, historyRows];
    for (let full = true; full && room > 0; ) {
      const wanted = Math.min(READ_ROWS, room);
      const page = this.#store.observations.values(stream, before, wanted);
      pages.unshift(page);
      full = page.length === wanted;
      room -= page.length;
      before = page[0]?.[0] ?? before;
      await turns.next();
    }
    const rows = pages.flat();
    const imported = this.#imported(stream, before, room);
    return {
      times: [...imported.map((row) => row.observedAt), ...rows.map(([observedAt]) => observedAt)],
      values: [...imported.map((row) => Number(row.decimal)), ...rows.map(([, value]) => Number(value))],
    };
  }

  /** How many rows there are to learn from (about: revisions are counted, too), and how many are newer than a time. */
  rows(stream: number, after: EpochMs): { readonly all: number; readonly newer: number } {
    const row = this.#store.streams.get(stream);
    if (!row) return { all: 0, newer: 0 };
    const imported = this.#importedRows.get(row.uuid) ?? this.#store.imports.readable(row.uuid);
    this.#importedRows.set(row.uuid, imported);
    return { all: row.stored + imported, newer: this.#store.observations.newer(stream, after) };
  }

  /** History of before the server's: it goes in front of it, as far as there is room. */
  #imported(stream: number, before: EpochMs, room: number) {
    const uuid = this.#store.streams.uuid(stream);
    return room <= 0 || uuid === undefined ? [] : this.#store.imports.before(uuid, before, room);
  }
}
