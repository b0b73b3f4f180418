import type { Page, PageRequest } from '../../../domain/page.ts';

/** A page of everything there is, in the order in which it is given. */
export function pageOf<T>(all: readonly T[], positionOf: (item: T) => number, page: PageRequest): Page<T> {
  const items = all
    .map((node) => ({ position: positionOf(node), node }))
    .filter(({ position }) => position > (page.after ?? 0) && position < (page.before ?? Infinity));
  const shown = page.backward ? items.slice(-page.limit) : items.slice(0, page.limit);
  const more = shown.length < items.length;
  return {
    items: shown,
    hasNextPage: page.backward ? page.before !== undefined : more,
    hasPreviousPage: page.backward ? more : page.after !== undefined,
  };
}
