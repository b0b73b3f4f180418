import type { InternalSubscription } from '../../registry/registry.ts';
import type { Found, Rule } from './rule.ts';

/** A list by where it begins and how long it is: its beginning times `LONGEST`, and its length less one. */
export type PostingList = number;

/** A longer list would be looked through for too long for the rule that goes. */
const LONGEST = 32;

/**
 * Short lists of rules of which nothing is left to be asked, as an inverted index has one for each value. All lie in
 * one array, so that a list is read without an object of its own, and those of many values share few of memory's pages.
 */
export class Postings<T> {
  readonly #rules: (Rule<T> | null)[] = [];
  /** The sole subscription of each in its place: where there is one, the rule is not read at all. */
  readonly #soles: (InternalSubscription | null)[] = [];
  /** Where lists began that are no more, by the logarithm of the room that they had. */
  readonly #released: number[][] = [];

  /** Makes a list; undefined where there are no rules, or too many for one. */
  of(rules: readonly Rule<T>[]): PostingList | undefined {
    if (rules.length === 0 || rules.length > LONGEST) return undefined;
    const begin = this.#take(roomFor(rules.length));
    for (const [n, rule] of rules.entries()) this.#put(begin + n, rule);
    return begin * LONGEST + rules.length - 1;
  }

  /** Ends a list, and gives its rules. */
  release(list: PostingList): Rule<T>[] {
    const rules = this.rulesOf(list);
    const begin = beginOf(list);
    for (let at = begin; at < begin + rules.length; at += 1) this.#put(at, null);
    const room = roomFor(rules.length);
    this.#released[room] ??= [];
    this.#released[room].push(begin);
    return rules;
  }

  rulesOf(list: PostingList): Rule<T>[] {
    const begin = beginOf(list);
    return this.#rules.slice(begin, begin + lengthOf(list)).filter((rule) => rule !== null);
  }

  visit(list: PostingList, found: Found<T>): void {
    const begin = beginOf(list);
    const end = begin + lengthOf(list);
    for (let at = begin; at < end; at += 1) {
      const sole = this.#soles[at];
      // Compared and not tested for truth, which would read the subscription.
      if (sole !== null && sole !== undefined) found.sole(sole);
      else {
        const rule = this.#rules[at];
        if (rule) found.rule(rule);
      }
    }
  }

  #put(at: number, rule: Rule<T> | null): void {
    this.#rules[at] = rule;
    this.#soles[at] = rule?.sole ?? null;
  }

  /** Where so much room begins that nothing uses. */
  #take(room: number): number {
    const begin = this.#released[room]?.pop();
    if (begin !== undefined) return begin;
    const end = this.#rules.length;
    for (let n = 0; n < 2 ** room; n += 1) {
      this.#rules.push(null);
      this.#soles.push(null);
    }
    return end;
  }
}

function beginOf(list: PostingList): number {
  return Math.floor(list / LONGEST);
}

function lengthOf(list: PostingList): number {
  return (list % LONGEST) + 1;
}

/** The logarithm of the least power of two that is as much as `length`. */
function roomFor(length: number): number {
  return Math.ceil(Math.log2(length));
}
