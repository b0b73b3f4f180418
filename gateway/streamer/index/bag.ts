/** Up to so many items are looked through for the one that goes. */
const LOOKED_THROUGH = 32;

/** Items in no order, each with a key of its own: a plain list, which is read in one go, however cold the memory is. */
export class Bag<K, T> {
  readonly #items: T[] = [];
  readonly #keyOf: (item: T) => K;
  /** Where each of many stands in the list. */
  #places: Map<K, number> | null = null;

  constructor(keyOf: (item: T) => K) {
    this.#keyOf = keyOf;
  }

  get size(): number {
    return this.#items.length;
  }

  get items(): readonly T[] {
    return this.#items;
  }

  /** Adds an item whose key no other has. */
  add(item: T): void {
    this.#places?.set(this.#keyOf(item), this.#items.length);
    this.#items.push(item);
    if (this.#places || this.#items.length <= LOOKED_THROUGH) return;
    this.#places = new Map(this.#items.map((each, at) => [this.#keyOf(each), at]));
  }

  /** Takes out the item with a key and gives where it was, which the last takes the place of; -1 if there is none. */
  remove(key: K): number {
    const at = this.#places
      ? (this.#places.get(key) ?? -1)
      : this.#items.findIndex((item) => this.#keyOf(item) === key);
    if (at === -1) return at;
    this.#places?.delete(key);
    const last = this.#items.pop();
    if (last === undefined || at === this.#items.length) return at;
    this.#items[at] = last;
    this.#places?.set(this.#keyOf(last), at);
    return at;
  }
}
