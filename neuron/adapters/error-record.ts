import type { AdapterName } from './adapter.ts';

/** Rows that are remembered. */
export const RECORD_ROWS = 800;

export type ErrorColumns = Partial<Record<AdapterName, readonly number[]>>;

/**
 * One-step errors (forecast − actual) that the members of a model made on the same rows, none of which they were
 * fitted to. A member that had nothing to say counts as having said what naive says: none looks good for having
 * skipped the hard rows. `naive` is always among them.
 */
export class ErrorRecord {
  readonly #columns: ReadonlyMap<AdapterName, number[]>;

  /** Members without a column in `errors` start as naive did. */
  constructor(names: readonly AdapterName[], errors: ErrorColumns = {}) {
    const naive = errors.naive ?? [];
    this.#columns = new Map(
      [...new Set<AdapterName>(['naive', ...names])].map((name) => {
        const column = errors[name];
        return [name, [...(column?.length === naive.length ? column : naive)].slice(-RECORD_ROWS)];
      }),
    );
  }

  get names(): AdapterName[] {
    return [...this.#columns.keys()];
  }

  get rows(): number {
    return this.column('naive').length;
  }

  column(name: AdapterName): readonly number[] {
    return this.#columns.get(name) ?? [];
  }

  push(errors: ReadonlyMap<AdapterName, number>): void {
    const naive = errors.get('naive');
    if (naive === undefined) return;
    for (const [name, column] of this.#columns) {
      column.push(errors.get(name) ?? naive);
      if (column.length > RECORD_ROWS) column.shift();
    }
  }

  /** Of the newest rows. */
  meanAbsolute(name: AdapterName, rows: number): number {
    const column = this.column(name);
    return meanAbsolute(column, Math.max(0, column.length - rows));
  }

  save(): Partial<Record<AdapterName, number[]>> {
    return Object.fromEntries([...this.#columns].map(([name, column]) => [name, [...column]]));
  }
}

/** Of the errors from `from` on. */
export function meanAbsolute(errors: readonly number[], from = 0): number {
  let sum = 0;
  for (let row = from; row < errors.length; row += 1) sum += Math.abs(errors[row] ?? 0);
  return errors.length === from ? 0 : sum / (errors.length - from);
}
