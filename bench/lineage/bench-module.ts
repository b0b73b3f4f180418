import type { Database } from '../../server/storage/database.ts';

/** What a part of the bench measured: a row of its table. Times in ms. */
export interface Figure {
  readonly part: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
}

/** A part of `npm run bench:lineage`: it gets a database of its own, and says what it does while it does it. */
export interface BenchModule {
  readonly name: string;
  run(database: Database, say: (line: string) => void): Promise<readonly Figure[]>;
}
