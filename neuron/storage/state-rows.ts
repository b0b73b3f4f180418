import type { Database } from 'better-sqlite3';

/**
 * Facts of the neuron as a whole: the `cursor` that the log is resumed from, the `position` of the entry it belongs
 * to, and the `followed` streams that both are for.
 */
export type StateKey = 'cursor' | 'position' | 'followed';

export type StateRows = ReturnType<typeof stateRows>;

/** Statements on the table `state`. */
export function stateRows(database: Database) {
  const get = database.prepare<[StateKey], { value: string }>('SELECT value FROM state WHERE key = ?');
  const set = database.prepare<[StateKey, string]>(
    'INSERT INTO state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  const remove = database.prepare<[StateKey]>('DELETE FROM state WHERE key = ?');

  return {
    get: (key: StateKey) => get.get(key)?.value,
    set: (key: StateKey, value: string) => {
      set.run(key, value);
    },
    remove: (key: StateKey) => {
      remove.run(key);
    },
  };
}
