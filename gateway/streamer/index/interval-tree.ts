import { randomInt } from 'node:crypto';
import {
  approximately,
  beginsBy,
  compareHighs,
  compareLows,
  type Interval,
  type OrderKey,
  reaches,
} from './interval.ts';
import { NONE, NodeSlots } from './node-slots.ts';

/**
 * Contents by interval, found by a value in it: a tree ordered by where intervals begin, each node of which knows how
 * far those below it reach (Cormen et al., Introduction to Algorithms, 14.3), kept balanced by random priorities (a
 * treap: Seidel and Aragon, 1996). Adding, removing and finding the first take about log n steps, each further one
 * found about one.
 *
 * Ends are compared as doubles, which lie in the nodes and never have two decimals in the wrong order. Only where they
 * are equal the exact ends are asked, which are elsewhere in memory.
 */
export class IntervalTree<T> {
  readonly #nodes = new NodeSlots();
  readonly #intervals: (Interval | undefined)[] = [undefined];
  readonly #contents: (T | undefined)[] = [undefined];
  #root = NONE;

  get isEmpty(): boolean {
    return this.#root === NONE;
  }

  /** Puts what `change` makes of an interval's present content in its place; undefined takes the interval out. */
  update(interval: Interval, change: (content: T | undefined) => T | undefined): void {
    const node = this.#find(interval);
    const content = change(this.#contents[node]);
    if (node === NONE) {
      if (content !== undefined) this.#root = this.#withNode(this.#root, this.#leaf(interval, content));
      return;
    }
    this.#contents[node] = content;
    if (content !== undefined) return;
    this.#root = this.#without(this.#root, node);
    this.#intervals[node] = undefined;
    this.#nodes.release(node);
  }

  /** Calls back with the content of each interval that has the value in it. */
  at(value: OrderKey, found: (content: T) => void): void {
    this.#visit(this.#root, value, approximately(value), found);
  }

  all(found: (content: T) => void): void {
    this.#visitAll(this.#root, found);
  }

  #visit(from: number, value: OrderKey, near: number, found: (content: T) => void): void {
    const nodes = this.#nodes;
    let node = from;
    while (node !== NONE && nodes.last(node) >= near) {
      const left = nodes.left(node);
      if (left !== NONE) this.#visit(left, value, near, found);
      const low = nodes.low(node);
      if (low > near) return;
      const high = nodes.high(node);
      if (high >= near && ((low < near && high > near) || this.#has(node, value))) {
        const content = this.#contents[node];
        if (content !== undefined) found(content);
      }
      node = nodes.right(node);
    }
  }

  #has(node: number, value: OrderKey): boolean {
    const interval = this.#intervals[node];
    return interval !== undefined && beginsBy(interval, value) && reaches(interval, value);
  }

  #visitAll(node: number, found: (content: T) => void): void {
    if (node === NONE) return;
    this.#visitAll(this.#nodes.left(node), found);
    const content = this.#contents[node];
    if (content !== undefined) found(content);
    this.#visitAll(this.#nodes.right(node), found);
  }

  #find(interval: Interval): number {
    const near = lowOf(interval);
    let node = this.#root;
    while (node !== NONE) {
      const order = this.#compare(interval, near, node);
      if (order === 0) return node;
      node = order < 0 ? this.#nodes.left(node) : this.#nodes.right(node);
    }
    return NONE;
  }

  /** Negative where an interval, which begins near `near`, comes before a node's. */
  #compare(interval: Interval, near: number, node: number): number {
    const low = this.#nodes.low(node);
    if (near !== low) return near < low ? -1 : 1;
    const other = this.#intervals[node];
    return other ? compareLows(interval, other) || compareHighs(interval, other) : 0;
  }

  #leaf(interval: Interval, content: T): number {
    const node = this.#nodes.take(lowOf(interval), highOf(interval));
    this.#intervals[node] = interval;
    this.#contents[node] = content;
    return node;
  }

  #withNode(root: number, node: number): number {
    const nodes = this.#nodes;
    if (root === NONE) return node;
    const interval = this.#intervals[node];
    if (interval && this.#compare(interval, nodes.low(node), root) < 0) {
      const left = this.#withNode(nodes.left(root), node);
      nodes.setLeft(root, left);
      return priority(left) > priority(root) ? this.#rotatedRight(root, left) : this.#measured(root);
    }
    const right = this.#withNode(nodes.right(root), node);
    nodes.setRight(root, right);
    return priority(right) > priority(root) ? this.#rotatedLeft(root, right) : this.#measured(root);
  }

  #without(root: number, node: number): number {
    const nodes = this.#nodes;
    if (root === NONE) return NONE;
    if (root === node) return this.#joined(nodes.left(root), nodes.right(root));
    const interval = this.#intervals[node];
    if (interval && this.#compare(interval, nodes.low(node), root) < 0) {
      nodes.setLeft(root, this.#without(nodes.left(root), node));
    } else nodes.setRight(root, this.#without(nodes.right(root), node));
    return this.#measured(root);
  }

  /** Two trees, all of the left before all of the right, as one. */
  #joined(left: number, right: number): number {
    const nodes = this.#nodes;
    if (left === NONE || right === NONE) return left + right;
    if (priority(left) > priority(right)) {
      nodes.setRight(left, this.#joined(nodes.right(left), right));
      return this.#measured(left);
    }
    nodes.setLeft(right, this.#joined(left, nodes.left(right)));
    return this.#measured(right);
  }

  #rotatedRight(root: number, left: number): number {
    this.#nodes.setLeft(root, this.#nodes.right(left));
    this.#nodes.setRight(left, this.#measured(root));
    return this.#measured(left);
  }

  #rotatedLeft(root: number, right: number): number {
    this.#nodes.setRight(root, this.#nodes.left(right));
    this.#nodes.setLeft(right, this.#measured(root));
    return this.#measured(right);
  }

  #measured(node: number): number {
    const nodes = this.#nodes;
    const left = nodes.left(node);
    const right = nodes.right(node);
    let last = nodes.high(node);
    if (left !== NONE) last = Math.max(last, nodes.last(left));
    if (right !== NONE) last = Math.max(last, nodes.last(right));
    nodes.setLast(node, last);
    return node;
  }
}

function lowOf({ low }: Interval): number {
  return low === null ? Number.NEGATIVE_INFINITY : approximately(low);
}

function highOf({ high }: Interval): number {
  return high === null ? Number.POSITIVE_INFINITY : approximately(high);
}

/**
 * Which node of two is to be the upper one: their slots, mixed (the finaliser of MurmurHash3), so that no order in
 * which intervals come makes the tree a list.
 */
function priority(node: number): number {
  let mixed = node ^ SEED;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Of this process, so that nobody can choose the order for it. */
const SEED = randomInt(2 ** 31);
