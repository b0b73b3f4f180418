/** No node. Slot 0 is never given out. */
export const NONE = 0;

const FIRST_CAPACITY = 8;
const GROWTH = 1.5;

/** A node is four doubles, half a line of the processor's cache: a step down a tree reads one place in memory. */
const DOUBLES = 4;
const LOW = 0;
const HIGH = 1;
const LAST = 2;
/** The fourth double holds two slots, found by the array's view of 32-bit words. */
const WORDS = 8;
const LEFT = 6;
const RIGHT = 7;

/** The nodes of an interval tree by their slots: integers from 1 on, given out again after they were released. */
export class NodeSlots {
  #doubles = new Float64Array(FIRST_CAPACITY * DOUBLES);
  #words = new Int32Array(this.#doubles.buffer);
  #used = 1;
  /** The first of the released slots, each of which has the next to its left. */
  #released = NONE;

  /** A slot for a node without others below it. */
  take(low: number, high: number): number {
    let node = this.#released;
    if (node === NONE) {
      node = this.#used;
      this.#used += 1;
      if (this.#used * DOUBLES > this.#doubles.length) this.#grow();
    } else this.#released = this.left(node);
    this.#doubles[node * DOUBLES + LOW] = low;
    this.#doubles[node * DOUBLES + HIGH] = high;
    this.setLast(node, high);
    this.setLeft(node, NONE);
    this.setRight(node, NONE);
    return node;
  }

  release(node: number): void {
    this.setLeft(node, this.#released);
    this.#released = node;
  }

  /** Where a node's interval begins. */
  low(node: number): number {
    return this.#doubles[node * DOUBLES + LOW] ?? 0;
  }

  /** Where it ends. */
  high(node: number): number {
    return this.#doubles[node * DOUBLES + HIGH] ?? 0;
  }

  /** Where the last of the intervals of a node and of those below it ends. */
  last(node: number): number {
    return this.#doubles[node * DOUBLES + LAST] ?? 0;
  }

  left(node: number): number {
    return this.#words[node * WORDS + LEFT] ?? NONE;
  }

  right(node: number): number {
    return this.#words[node * WORDS + RIGHT] ?? NONE;
  }

  setLast(node: number, last: number): void {
    this.#doubles[node * DOUBLES + LAST] = last;
  }

  setLeft(node: number, left: number): void {
    this.#words[node * WORDS + LEFT] = left;
  }

  setRight(node: number, right: number): void {
    this.#words[node * WORDS + RIGHT] = right;
  }

  #grow(): void {
    const grown = new Float64Array(Math.ceil((this.#doubles.length / DOUBLES) * GROWTH) * DOUBLES);
    grown.set(this.#doubles);
    this.#doubles = grown;
    this.#words = new Int32Array(grown.buffer);
  }
}
