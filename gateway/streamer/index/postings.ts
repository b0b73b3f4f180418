import type { InternalSubscription } from '../../registry/registry.ts';
import type { Found, Rule } from './rule.ts';

/** A list by where it begins and how long it is: its beginning times `LONGEST`, and its length less one. */
export type PostingList = number;

/** A longer list would be looked through for too long for the rule that goes. */
const LONGEST = 32;

/**
 * Short lists of what is found by rules of which nothing is left to be asked, as an inverted index has one for each
 * value. All lie in one array, so that a list is read without an object of its own, and those of many values share few
 * of memory's pages.
 */
export class Postings<T> {
  /** Subscriptions, or null for a rule that is listed itself: all that most matches read. */
  readonly #subscriptions: (InternalSubscription | null)[] = [];
  /** Whose each is, in the same place. */
  readonly #rules: (Rule<T> | null)[] = [];
  /** Where there is room that lists have left, by the logarithm of how much. */
  readonly #left: number[][] = [];

  /** A list of one rule; null if that comes to too much for one. */
  of(rule: Rule<T>): PostingList | null {
    const length = lengthOfRule(rule);
    return length > LONGEST ? null : this.#written(this.#take(roomFor(length)), 0, rule);
  }

  /** A list with a rule, in place of the list; null, and the list stays as it is, if that comes to too much for one. */
  with(list: PostingList, rule: Rule<T>): PostingList | null {
    const length = lengthOf(list);
    const grown = length + lengthOfRule(rule);
    return grown > LONGEST ? null : this.#written(this.#moved(list, length, grown), length, rule);
  }

  /** A list without a rule, in place of the list; null if there is no other. */
  without(list: PostingList, rule: Rule<T>): PostingList | null {
    const begin = beginOf(list);
    let kept = 0;
    for (let at = begin; at < begin + lengthOf(list); at += 1) {
      if (this.#rules[at] === rule) continue;
      this.#copy(at, begin + kept);
      kept += 1;
    }
    if (kept > 0) return listOf(this.#moved(list, kept, kept), kept);
    this.#leave(list);
    return null;
  }

  /** Ends a list, and gives its rules. */
  release(list: PostingList): Rule<T>[] {
    const rules = this.rulesOf(list);
    this.#leave(list);
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
      const subscription = this.#subscriptions[at];
      // Compared and not tested for truth, which would read the subscription.
      if (subscription !== null && subscription !== undefined) found.sole(subscription);
      else {
        const rule = this.#rules[at];
        if (rule) found.rule(rule);
      }
    }
  }

  /** Writes a rule after the first `length` of a list that begins there. */
  #written(begin: number, length: number, rule: Rule<T>): PostingList {
    let at = begin + length;
    for (const subscription of rule.listed ?? ITSELF) {
      this.#subscriptions[at] = subscription;
      this.#rules[at] = rule;
      at += 1;
    }
    return listOf(begin, at - begin);
  }

  /** Where the first `kept` of a list are, once there is room for `length` there and no more. */
  #moved(list: PostingList, kept: number, length: number): number {
    const begin = beginOf(list);
    if (roomFor(length) === roomFor(lengthOf(list))) {
      this.#clear(begin + kept, begin + lengthOf(list));
      return begin;
    }
    const moved = this.#take(roomFor(length));
    for (let n = 0; n < kept; n += 1) this.#copy(begin + n, moved + n);
    this.#leave(list);
    return moved;
  }

  #copy(from: number, to: number): void {
    this.#subscriptions[to] = this.#subscriptions[from] ?? null;
    this.#rules[to] = this.#rules[from] ?? null;
  }

  #clear(from: number, end: number): void {
    for (let at = from; at < end; at += 1) {
      this.#subscriptions[at] = null;
      this.#rules[at] = null;
    }
  }

  /** Where so much room begins that nothing uses. */
  #take(room: number): number {
    const begin = this.#left[room]?.pop();
    if (begin !== undefined) return begin;
    const end = this.#rules.length;
    for (let n = 0; n < 2 ** room; n += 1) {
      this.#subscriptions.push(null);
      this.#rules.push(null);
    }
    return end;
  }

  #leave(list: PostingList): void {
    const begin = beginOf(list);
    const length = lengthOf(list);
    this.#clear(begin, begin + length);
    const room = roomFor(length);
    this.#left[room] ??= [];
    this.#left[room].push(begin);
  }
}

/** What stands for a rule's subscriptions where it is listed itself. */
const ITSELF = [null] as const;

function lengthOfRule({ listed }: Rule<unknown>): number {
  return listed?.length ?? 1;
}

function listOf(begin: number, length: number): PostingList {
  return begin * LONGEST + length - 1;
}

function beginOf(list: PostingList): number {
  return Math.floor(list / LONGEST);
}

function lengthOf(list: PostingList): number {
  return (list % LONGEST) + 1;
}

/** The logarithm of the least power of two that is as much as `length`. */
function roomFor(length: number): number {
  return 32 - Math.clz32(length - 1);
}
