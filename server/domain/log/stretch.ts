import type { Filter } from '../../../schema/filter/form.ts';
import type { Position } from '../../../schema/log-entry.ts';
import { filterSql } from '../filter/filter-sql.ts';
import { Parameters } from '../filter/parameters.ts';

/** A stretch of one topic's entries: those after `after` up to `through`, `limit` at most. */
export interface Stretch {
  readonly tenant: string;
  readonly after: Position;
  readonly through: Position;
  readonly limit: number;
  /** Conditions that an entry and what was before it share, so that leaving out by them leaves out neither. */
  readonly filter: Filter;
}

/** The end of a statement that reads a stretch of the table `alias`, streams being `s`. */
export function stretchSql(alias: string, stretch: Stretch): { sql: string; values: unknown[] } {
  const parameters = new Parameters();
  const sql = `
    WHERE ${alias}.tenant = ${parameters.add(stretch.tenant)}
      AND ${alias}.position > ${parameters.add(stretch.after)} AND ${alias}.position <= ${parameters.add(stretch.through)}
      AND ${filterSql(stretch.filter, parameters)}
    ORDER BY ${alias}.position LIMIT ${parameters.add(stretch.limit)}`;
  return { sql, values: parameters.values };
}
