import { beginsBy, compareHighs, compareLows, type Interval, type OrderKey, reaches } from './interval.ts';

interface Node<T> {
  readonly interval: Interval;
  readonly priority: number;
  content: T;
  left: Node<T> | null;
  right: Node<T> | null;
  /** Of those here and below, the interval that ends last. */
  last: Interval;
}

/**
 * Contents by interval, found by a value in it: a tree ordered by where intervals begin, each node of which knows how
 * far those below it reach (Cormen et al., Introduction to Algorithms, 14.3), kept balanced by random priorities (a
 * treap: Seidel and Aragon, 1996). Adding, removing and finding the first take about log n steps, each further one
 * found about one.
 */
export class IntervalTree<T> {
  #root: Node<T> | null = null;
  /** The priorities need no secret, only to have nothing to do with the intervals. */
  #random = 0x9e3779b9;

  get isEmpty(): boolean {
    return this.#root === null;
  }

  /** Puts what `change` makes of an interval's present content in its place; undefined takes the interval out. */
  update(interval: Interval, change: (content: T | undefined) => T | undefined): void {
    const node = this.#find(interval);
    const content = change(node?.content);
    if (content === undefined) {
      if (node) this.#root = without(this.#root, interval);
    } else if (node) node.content = content;
    else this.#root = withNode(this.#root, this.#leaf(interval, content));
  }

  /** Calls back with the content of each interval that has the value in it. */
  at(value: OrderKey, found: (content: T) => void): void {
    visit(this.#root, value, found);
  }

  all(found: (content: T) => void): void {
    visitAll(this.#root, found);
  }

  #find(interval: Interval): Node<T> | null {
    let node = this.#root;
    while (node) {
      const order = compare(interval, node.interval);
      if (order === 0) return node;
      node = order < 0 ? node.left : node.right;
    }
    return null;
  }

  #leaf(interval: Interval, content: T): Node<T> {
    // Marsaglia's xorshift, 32 bits.
    this.#random ^= this.#random << 13;
    this.#random ^= this.#random >>> 17;
    this.#random ^= this.#random << 5;
    return { interval, priority: this.#random, content, left: null, right: null, last: interval };
  }
}

function compare(a: Interval, b: Interval): number {
  return compareLows(a, b) || compareHighs(a, b);
}

function visit<T>(node: Node<T> | null, value: OrderKey, found: (content: T) => void): void {
  let at = node;
  while (at && reaches(at.last, value)) {
    if (at.left) visit(at.left, value, found);
    if (!beginsBy(at.interval, value)) return;
    if (reaches(at.interval, value)) found(at.content);
    at = at.right;
  }
}

function visitAll<T>(node: Node<T> | null, found: (content: T) => void): void {
  if (!node) return;
  visitAll(node.left, found);
  found(node.content);
  visitAll(node.right, found);
}

function withNode<T>(root: Node<T> | null, node: Node<T>): Node<T> {
  if (!root) return node;
  if (compare(node.interval, root.interval) < 0) {
    root.left = withNode(root.left, node);
    return root.left.priority > root.priority ? rotatedRight(root, root.left) : measured(root);
  }
  root.right = withNode(root.right, node);
  return root.right.priority > root.priority ? rotatedLeft(root, root.right) : measured(root);
}

function without<T>(root: Node<T> | null, interval: Interval): Node<T> | null {
  if (!root) return null;
  const order = compare(interval, root.interval);
  if (order === 0) return joined(root.left, root.right);
  if (order < 0) root.left = without(root.left, interval);
  else root.right = without(root.right, interval);
  return measured(root);
}

/** Two trees, all of the left before all of the right, as one. */
function joined<T>(left: Node<T> | null, right: Node<T> | null): Node<T> | null {
  if (!left || !right) return left ?? right;
  if (left.priority > right.priority) {
    left.right = joined(left.right, right);
    return measured(left);
  }
  right.left = joined(left, right.left);
  return measured(right);
}

function rotatedRight<T>(root: Node<T>, left: Node<T>): Node<T> {
  root.left = left.right;
  left.right = measured(root);
  return measured(left);
}

function rotatedLeft<T>(root: Node<T>, right: Node<T>): Node<T> {
  root.right = right.left;
  right.left = measured(root);
  return measured(right);
}

function measured<T>(node: Node<T>): Node<T> {
  let last = node.interval;
  if (node.left && compareHighs(node.left.last, last) > 0) last = node.left.last;
  if (node.right && compareHighs(node.right.last, last) > 0) last = node.right.last;
  node.last = last;
  return node;
}
