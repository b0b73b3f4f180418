import type { AdapterName } from '../adapters/adapter.ts';

/** Rows that are remembered. */
export const RECORD_ROWS = 400;

/**
 * One-step errors (forecast − actual) that the members of a model made on the same rows, none of which they were
 * fitted to. A row counts only if every member had forecast it: none looks good for having skipped the hard rows.
 */
export class ErrorRecord {
  readonly names: readonly AdapterName[];
  readonly #columns: ReadonlyMap<AdapterName, number[]>;

  constructor(names: readonly AdapterName[], errors: Partial<Record<AdapterName, readonly number[]>> = {}) {
    this.names = names;
    this.#columns = new Map(names.map((name) => [name, [...(errors[name] ?? [])].slice(-RECORD_ROWS)]));
  }

  push(errors: ReadonlyMap<AdapterName, number>): void {
    if (this.names.some((name) => !errors.has(name))) return;
    for (const [name, column] of this.#columns) {
      column.push(errors.get(name) ?? Number.NaN);
      if (column.length > RECORD_ROWS) column.shift();
    }
  }

  column(name: AdapterName): readonly number[] {
    return this.#columns.get(name) ?? [];
  }

  get rows(): number {
    return this.names[0] === undefined ? 0 : this.column(this.names[0]).length;
  }

  meanAbsolute(name: AdapterName): number {
    const column = this.column(name);
    return column.reduce((sum, error) => sum + Math.abs(error), 0) / Math.max(column.length, 1);
  }

  save(): Partial<Record<AdapterName, number[]>> {
    return Object.fromEntries([...this.#columns].map(([name, column]) => [name, [...column]]));
  }
}
