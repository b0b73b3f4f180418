/** Regression trees, the nodes of all of them one after the other. Children are counted from their tree's root. */
export interface Forest {
  /** What all trees add to. */
  readonly base: number;
  /** The first node of each tree. */
  readonly roots: Uint32Array;
  /** Where a node splits; what it adds, if it is a leaf. */
  readonly values: Float32Array;
  readonly features: Uint16Array;
  /** 0 in a leaf: a root is nobody's child. */
  readonly left: Uint16Array;
  readonly right: Uint16Array;
}

/** Forests as bytes: two counts and the base, then the columns; every multi-byte number little endian. */
const HEADER_BYTES = 12;
const ROOT_BYTES = 4;
const NODE_BYTES = 10;

/** The leaf of the tree at `root` that features, from `offset` on, end in. */
export function leafOf(forest: Forest, root: number, features: Float32Array, offset = 0): number {
  let node = root;
  for (let left = forest.left[node] ?? 0; left > 0; left = forest.left[node] ?? 0) {
    const feature = features[offset + (forest.features[node] ?? 0)] ?? 0;
    node = root + (feature < (forest.values[node] ?? 0) ? left : (forest.right[node] ?? 0));
  }
  return node;
}

/** The sum of the leaves that features end in: in single precision and the library's order, the same to the last bit. */
export function sumOf(forest: Forest, features: Float32Array): number {
  let sum = 0;
  for (const root of forest.roots) {
    sum = Math.fround(sum + (forest.values[leafOf(forest, root, features)] ?? 0));
  }
  return Math.fround(sum + forest.base);
}

export function packed(forest: Forest): Uint8Array {
  const { base, roots, values, features, left, right } = forest;
  const bytes = new Uint8Array(HEADER_BYTES + ROOT_BYTES * roots.length + NODE_BYTES * values.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, roots.length, true);
  view.setUint32(4, values.length, true);
  view.setFloat32(8, base, true);
  let at = HEADER_BYTES;
  for (const column of [roots, values, features, left, right]) {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += column.byteLength;
  }
  return bytes;
}

/** What `packed` made; `undefined` for bytes that are no forest. */
export function unpacked(packedBytes: Uint8Array): Forest | undefined {
  if (packedBytes.length < HEADER_BYTES) return undefined;
  // A copy, so that columns begin where the processor can read them.
  const bytes = packedBytes.slice();
  const view = new DataView(bytes.buffer);
  const [trees, nodes] = [view.getUint32(0, true), view.getUint32(4, true)];
  if (bytes.length !== HEADER_BYTES + ROOT_BYTES * trees + NODE_BYTES * nodes) return undefined;
  const values = HEADER_BYTES + ROOT_BYTES * trees;
  const forest: Forest = {
    base: view.getFloat32(8, true),
    roots: new Uint32Array(bytes.buffer, HEADER_BYTES, trees),
    values: new Float32Array(bytes.buffer, values, nodes),
    features: new Uint16Array(bytes.buffer, values + 4 * nodes, nodes),
    left: new Uint16Array(bytes.buffer, values + 6 * nodes, nodes),
    right: new Uint16Array(bytes.buffer, values + 8 * nodes, nodes),
  };
  return isSound(forest) ? forest : undefined;
}

/** Whether every way down ends in a leaf of its own tree: children come after their parents. */
export function isSound({ roots, left, right }: Forest): boolean {
  for (const [tree, root] of roots.entries()) {
    const end = roots[tree + 1] ?? left.length;
    if (root >= end) return false;
    for (let node = root; node < end; node += 1) {
      const [first, second] = [left[node] ?? 0, right[node] ?? 0];
      if (first === 0) continue;
      if (Math.min(first, second) <= node - root || Math.max(first, second) >= end - root) return false;
    }
  }
  return true;
}
