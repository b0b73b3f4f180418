import type { Position } from '../../../schema/log-entry.ts';
import type { Page, PageRequest } from '../page.ts';
import type { Parameters } from './parameters.ts';

/** The end of a statement that reads a page ordered by `column`: one row more than asked for tells of further ones. */
export function pageSql(column: string, page: PageRequest, parameters: Parameters): string {
  const bounds = [
    page.after === undefined ? '' : `AND ${column} > ${parameters.add(page.after)}`,
    page.before === undefined ? '' : `AND ${column} < ${parameters.add(page.before)}`,
  ];
  return `${bounds.join(' ')} ${orderSql(column, page)} LIMIT ${parameters.add(page.limit + 1)}`;
}

/** The order in which the rows of a page are read. */
export function orderSql(column: string, page: PageRequest): string {
  return `ORDER BY ${column} ${page.backward ? 'DESC' : 'ASC'}`;
}

/** The page that rows of such a statement make. */
export function pageOf<R extends { readonly position: Position }, T>(
  rows: readonly R[],
  page: PageRequest,
  toNode: (row: R) => T,
): Page<T> {
  const more = rows.length > page.limit;
  const kept = rows.slice(0, page.limit);
  if (page.backward) kept.reverse();
  return {
    items: kept.map((row) => ({ position: row.position, node: toNode(row) })),
    hasNextPage: page.backward ? page.before !== undefined : more,
    hasPreviousPage: page.backward ? more : page.after !== undefined,
  };
}
