import type pg from 'pg';
import type { Filter } from '../../../schema/filter/form.ts';
import type { Position } from '../../../schema/log-entry.ts';
import type { Queryable } from '../../storage/tenant-connections.ts';
import { filterSql } from '../filter/filter-sql.ts';
import { Parameters } from '../filter/parameters.ts';

/** Streams that a statement looks at, unless something else is said. */
const STREAMS = 2_000;

interface NamesPage {
  /** The last of its names; null where there is no further page. */
  readonly last: string | null;
  readonly positions: readonly Position[];
}

/** What a snapshot has of each stream. */
export interface SnapshotOf {
  readonly filter: Filter;
  /** Joins it to the stream `s`, as of the position that the placeholder `head` has. */
  readonly join: (head: string) => string;
  /** Its position in the log, in terms of the join. */
  readonly position: string;
}

/**
 * Where a snapshot's entries are in the log, ascending: of each stream that matches what was newest when the log ended at
 * `head`. Streams are looked at in the order of their names, so many a statement that none takes long, however many there
 * are. What is committed meanwhile comes after `head`, and changes nothing: the log says of everything when it was replaced.
 */
export async function snapshotPositions(
  db: Queryable,
  tenant: string,
  head: Position,
  { filter, join, position }: SnapshotOf,
  streams = STREAMS,
): Promise<readonly Position[]> {
  const found: Position[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const parameters = new Parameters();
    const { rows }: pg.QueryResult<NamesPage> = await db.query<NamesPage>(
      `WITH page AS MATERIALIZED (
         SELECT * FROM streams WHERE tenant = ${parameters.add(tenant)} AND name > ${parameters.add(after)}
          ORDER BY name LIMIT ${streams})
       SELECT (SELECT max(name) FROM page HAVING count(*) = ${streams}) AS last,
              (SELECT coalesce(json_agg(${position}), '[]') FROM page s ${join(parameters.add(head))}
                WHERE ${filterSql(filter, parameters)}) AS positions`,
      parameters.values,
    );
    for (const { positions } of rows) found.push(...positions);
    after = rows[0]?.last ?? null;
  }
  return found.sort((a, b) => a - b);
}

/** Entries that are read at once, and kept for whoever takes the snapshot. */
const PAGE = 500;

/** Reads a snapshot's entries page by page, as fast as they are taken. Rows of the log never change, so neither do these. */
export async function* inPages<Item>(
  positions: readonly Position[],
  read: (page: readonly Position[]) => Promise<readonly Item[]>,
): AsyncGenerator<readonly Item[]> {
  for (let from = 0; from < positions.length; from += PAGE) yield read(positions.slice(from, from + PAGE));
}
