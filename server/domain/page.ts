import type { Position } from '../../schema/log-entry.ts';

/** A page of something ordered by position: `limit` items after `after` or, backward, before `before`. */
export interface PageRequest {
  readonly limit: number;
  readonly backward: boolean;
  readonly after?: Position;
  readonly before?: Position;
}

/** Items in ascending order of position, whichever way they were asked for. */
export interface Page<T> {
  readonly items: readonly { readonly position: Position; readonly node: T }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}
