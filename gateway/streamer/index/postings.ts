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
  /** The subscriptions that are found, null for a rule by which it is not listed: all that a match reads. */
  readonly #subscriptions: (InternalSubscription | null)[] = [];
  /** The rule of each, in the same place. */
  readonly #rules: (Rule<T> | null)[] = [];
  /** Where lists began that are no more, by the logarithm of the room that they had. */
  readonly #released: number[][] = [];

  /** Makes a list; undefined where there are no rules, or too many for one. */
  of(rules: readonly Rule<T>[]): PostingList | undefined {
    let length = 0;
    for (const { listed } of rules) length += listed?.length ?? 1;
    if (length === 0 || length > LONGEST) return undefined;
    const begin = this.#take(roomFor(length));
    let at = begin;
    for (const rule of rules) {
      for (const subscription of rule.listed ?? ITSELF) {
        this.#rules[at] = rule;
        this.#subscriptions[at] = subscription;
        at += 1;
      }
    }
    return begin * LONGEST + length - 1;
  }

  /** Ends a list, and gives its rules. */
  release(list: PostingList): Rule<T>[] {
    const rules = this.rulesOf(list);
    const begin = beginOf(list);
    const length = lengthOf(list);
    this.#rules.fill(null, begin, begin + length);
    this.#subscriptions.fill(null, begin, begin + length);
    const room = roomFor(length);
    this.#released[room] ??= [];
    this.#released[room].push(begin);
    return rules;
  }

  rulesOf(list: PostingList): Rule<T>[] {
    const begin = beginOf(list);
    const rules: Rule<T>[] = [];
    for (let at = begin; at < begin + lengthOf(list); at += 1) {
      const rule = this.#rules[at];
      if (rule && rule !== rules.at(-1)) rules.push(rule);
    }
    return rules;
  }

  visit(list: PostingList, found: Found<T>): void {
    const begin = beginOf(list);
    const end = begin + lengthOf(list);
    for (let at = begin; at < end; at += 1) {
      const sole = this.#subscriptions[at];
      // Compared and not tested for truth, which would read the subscription.
      if (sole !== null && sole !== undefined) found.sole(sole);
      else {
        const rule = this.#rules[at];
        if (rule) found.rule(rule);
      }
    }
  }

  /** Where so much room begins that nothing uses. */
  #take(room: number): number {
    const begin = this.#released[room]?.pop();
    if (begin !== undefined) return begin;
    const end = this.#rules.length;
    for (let n = 0; n < 2 ** room; n += 1) {
      this.#rules.push(null);
      this.#subscriptions.push(null);
    }
    return end;
  }
}

const ITSELF = [null] as const;

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
