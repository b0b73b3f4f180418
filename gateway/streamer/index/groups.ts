import { randomInt } from 'node:crypto';
import type { InternalSubscription } from '../../registry/registry.ts';
import { Group, type Wanted } from './group.ts';

/** The groups of an index by their filters, of which only a hash is kept: the text would be a tenth of a subscription. */
export class Groups {
  readonly #byHash = new Map<number, Group>();
  readonly #hashOf: (text: string) => number;
  #size = 0;

  constructor(hashOf: (text: string) => number) {
    this.#hashOf = hashOf;
  }

  get size(): number {
    return this.#size;
  }

  /** The group of a filter, if it has one. */
  find({ key }: Wanted): Group | undefined {
    for (let group = this.#byHash.get(this.#hashOf(key)); group; group = group.next ?? undefined) {
      if (group.key === key) return group;
    }
    return undefined;
  }

  /** Makes the group of a filter that has none, with its first member. */
  make(filter: Wanted, first: InternalSubscription): Group {
    const hash = this.#hashOf(filter.key);
    const made = Group.of(hash, filter, first);
    made.next = this.#byHash.get(hash) ?? null;
    this.#byHash.set(hash, made);
    this.#size += 1;
    return made;
  }

  delete(group: Group): void {
    this.#size -= 1;
    const first = this.#byHash.get(group.hash);
    if (first !== group) {
      for (let before = first; before; before = before.next ?? undefined) {
        if (before.next === group) before.next = group.next;
      }
    } else if (group.next) this.#byHash.set(group.hash, group.next);
    else this.#byHash.delete(group.hash);
  }
}

/** 31 bits, which a value in V8 holds without an object. Begun by a secret, so that nobody can make filters collide. */
export function hashOf(text: string): number {
  let hash = SECRET;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash & 0x7fffffff;
}

const SECRET = randomInt(2 ** 31);
