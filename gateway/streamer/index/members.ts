import type { InternalSubscription, SubscriptionId } from '../../registry/registry.ts';

/** Up to so many members are looked through for the one that goes. */
const LOOKED_THROUGH = 32;

/** Several subscriptions of one filter: a plain list, which a match reads in one go, however cold the memory is. */
export class Members {
  /** The text of their filter: where there is one subscription only, it is made again when it is needed. */
  readonly key: string;
  readonly #list: InternalSubscription[];
  /** Where each of many stands in the list. */
  #places: Map<SubscriptionId, number> | null = null;

  constructor(key: string, first: InternalSubscription, second: InternalSubscription) {
    this.key = key;
    this.#list = [first, second];
  }

  get size(): number {
    return this.#list.length;
  }

  add(subscription: InternalSubscription): void {
    this.#places?.set(subscription.id, this.#list.length);
    this.#list.push(subscription);
    if (this.#places || this.#list.length <= LOOKED_THROUGH) return;
    this.#places = new Map(this.#list.map(({ id }, at) => [id, at]));
  }

  /** Takes out a subscription that is in it: the last takes its place. */
  remove(id: SubscriptionId): void {
    const at = this.#places ? this.#places.get(id) : this.#list.findIndex((member) => member.id === id);
    const last = this.#list.pop();
    this.#places?.delete(id);
    if (at === undefined || !last || last.id === id) return;
    this.#list[at] = last;
    this.#places?.set(last.id, at);
  }

  each(found: (subscription: InternalSubscription) => void): void {
    for (const member of this.#list) found(member);
  }
}
