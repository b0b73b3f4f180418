import { badCursor, decodeCursor, encodeCursor } from '../../schema/cursor.ts';
import { PresageError } from '../../schema/errors.ts';
import type { Page, PageRequest } from '../domain/page.ts';

/** Items of a page that asks for no number of them. */
const DEFAULT_PAGE = 100;
/** The most items of a page, and of every other list that has a size. */
const MAX_PAGE = 1_000;
/** Cost of one more statement, which is what a page inside a list takes for each item of the list. */
const STATEMENT_COST = 100;

interface ConnectionArgs {
  readonly first?: number | null | undefined;
  readonly last?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly before?: string | null | undefined;
}

/**
 * What the arguments of a connection ask for. `greatest` is the greatest number that its cursors stand for.
 * Throws `BAD_INPUT` and `BAD_CURSOR`.
 */
export function pageRequest(
  tenant: string,
  args: ConnectionArgs,
  greatest = Number.MAX_SAFE_INTEGER,
): PageRequest {
  const { first, last, after, before } = args;
  if (typeof first === 'number' && typeof last === 'number') {
    throw new PresageError('BAD_INPUT', 'Both first and last are given; leave one of them out.');
  }
  return {
    limit: typeof last === 'number' ? pageSize('last', last) : pageSize('first', first ?? DEFAULT_PAGE),
    backward: typeof last === 'number',
    ...(after == null ? {} : { after: place(tenant, after, greatest) }),
    ...(before == null ? {} : { before: place(tenant, before, greatest) }),
  };
}

function place(tenant: string, cursor: string, greatest: number): number {
  const position = decodeCursor(tenant, cursor);
  if (position > greatest) throw badCursor(cursor);
  return position;
}

/** Checks how many items are asked for. Throws `BAD_INPUT`. */
export function pageSize(argument: string, size: number): number {
  if (size >= 1 && size <= MAX_PAGE) return size;
  throw new PresageError(
    'BAD_INPUT',
    `${argument} is ${size}; it must be 1 to ${MAX_PAGE}. Ask for more in pages, with after.`,
  );
}

/** Cost of a connection field: what is selected of an item counts once for each item that may come. */
export function connectionCost(args: ConnectionArgs): { field: number; multiplier: number } {
  return { field: STATEMENT_COST, multiplier: listCost(args.last ?? args.first ?? DEFAULT_PAGE) };
}

/** How often an item of a list counts; the bounds of its size are checked when it is resolved. */
export function listCost(size: number): number {
  return Math.min(Math.max(size, 1), MAX_PAGE);
}

interface Connection<T> {
  readonly edges: { readonly cursor: string; readonly node: T }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** A page as Relay has it; cursors are positions. */
export function connection<T>(tenant: string, page: Page<T>): Connection<T> {
  const edges = page.items.map(({ position, node }) => ({ cursor: encodeCursor(tenant, position), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
