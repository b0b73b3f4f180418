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

  /** Takes out the item with a key, if there is one: the last takes its place. */
  remove(key: K): void {
    const at = this.#places
      ? this.#places.get(key)
      : this.#items.findIndex((item) => this.#keyOf(item) === key);
    if (at === undefined || at === -1) return;
    this.#places?.delete(key);
    const last = this.#items.pop();
    if (last === undefined || at === this.#items.length) return;
    this.#items[at] = last;
    this.#places?.set(this.#keyOf(last), at);
  }
}
