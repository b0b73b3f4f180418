import type { Seen } from '../../../gateway/testing/brute-force.ts';
import type { Filter } from '../../../schema/filter/form.ts';
import { observationId } from '../../../schema/node-id.ts';
import { filterSql } from '../../../server/domain/filter/filter-sql.ts';
import { Parameters } from '../../../server/domain/filter/parameters.ts';
import type { Database } from '../../../server/storage/database.ts';

interface ChangeRow {
  readonly position: number;
  readonly stream: number;
  readonly ms: number;
  readonly was: boolean;
  readonly is: boolean;
}

/**
 * What subscribers must have got, from the tables alone: a revision changes the set that matches when it is in it and
 * the one before was not, or the other way round, or both are. It shares no code with the streamer. Each filter is
 * asked about once, so make one when the writing is over.
 */
export class Truth {
  readonly #pool: Database['pool'];
  readonly #tenant: string;
  readonly #known = new Map<string, Promise<readonly Seen[]>>();

  constructor({ pool }: Pick<Database, 'pool'>, tenant = 'default') {
    this.#pool = pool;
    this.#tenant = tenant;
  }

  /** Every event of a filter after a position, in order. */
  async after(position: number, filter: Filter): Promise<readonly Seen[]> {
    const name = JSON.stringify(filter);
    const known = this.#known.get(name) ?? this.#read(filter);
    this.#known.set(name, known);
    return (await known).filter((event) => event.position > position);
  }

  async #read(filter: Filter): Promise<readonly Seen[]> {
    const parameters = new Parameters();
    const matches = filterSql(filter, parameters);
    const { rows } = await this.#pool.query<ChangeRow>(
      `WITH judged AS (
         SELECT o.position, o.stream_id, o.observed_at, o.revision, NOT o.retracted AND ${matches} AS is
           FROM observations o JOIN streams s ON s.id = o.stream_id
          WHERE o.tenant = ${parameters.add(this.#tenant)}),
       changes AS (
         SELECT *, coalesce(lag("is") OVER (PARTITION BY stream_id, observed_at ORDER BY revision), FALSE) AS was
           FROM judged)
       SELECT position::float8 AS position, stream_id AS stream, "is", was,
              (extract(epoch FROM observed_at) * 1000)::float8 AS ms
         FROM changes WHERE "is" OR was ORDER BY position`,
      parameters.values,
    );
    return rows.map(({ position, stream, ms, was, is }) => ({
      type: is ? (was ? 'UPDATE' : 'CREATE') : 'DELETE',
      position,
      id: observationId(stream, ms),
    }));
  }
}
