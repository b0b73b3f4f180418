import type { FilterField } from '../../../schema/filter/form.ts';
import { FIELDS, type Matchable } from '../matchable.ts';
import { type OrderKey, orderKey } from './interval.ts';

/** A thing while subscriptions are looked up for it: what its fields are compared by is worked out once. */
export class Probe {
  readonly thing: Matchable;
  #value: OrderKey | null | undefined;

  constructor(thing: Matchable) {
    this.thing = thing;
  }

  /** What orders the thing's value of a field; null where it has none. */
  orderKey(field: FilterField): OrderKey | null {
    if (field !== 'value') return this.#orderKey(field);
    if (this.#value === undefined) this.#value = this.#orderKey(field);
    return this.#value;
  }

  #orderKey(field: FilterField): OrderKey | null {
    const value = FIELDS[field].read(this.thing);
    return typeof value === 'string' || typeof value === 'number' ? orderKey(field, value) : null;
  }
}
