import type { FilterField } from '../../../schema/filter/form.ts';
import { FIELDS } from '../matchable.ts';
import type { HashKey } from './access.ts';
import { IntervalTree } from './interval-tree.ts';
import { Leaves } from './leaves.ts';
import type { PostingList, Postings } from './postings.ts';
import type { Probe } from './probe.ts';
import { type Found, Rule } from './rule.ts';

/** Up to so many rules are asked one by one, which is faster than any structure. */
const SCANNED = 8;
/** Of a thing without the field of an access, nothing is known. */
const NOTHING_PROVEN = Number.NEGATIVE_INFINITY;

/** What is below a value or an interval: mostly rules that are proven there, a few or many, which need no cluster. */
type Branch<T> = PostingList | Rule<T> | Leaves<T> | Cluster<T>;

/** Rules by their next access: equalities hashed, intervals in trees, those that have none left together. */
interface Split<T> {
  /** Null where there never were any, as a thing is looked for in each. */
  tables: Map<FilterField, Map<HashKey, Branch<T>>> | null;
  trees: Map<FilterField, IntervalTree<Branch<T>>> | null;
  readonly rest: Set<Rule<T>>;
}

/**
 * Rules that agree on their first `depth` accesses. A few are kept as a list; more are split by the most selective
 * access that is left of each, into clusters of which every one does the same (access predicates: Fabret et al.,
 * Filtering Algorithms and Implementation for Very Fast Publish/Subscribe Systems, SIGMOD 2001). So a thing is compared
 * with those that it nearly satisfies, however many share a part of its filter. Those of which nothing is left to be
 * compared are a list of their own: what gets here satisfies them, and they are not asked.
 */
export class Cluster<T> {
  readonly #postings: Postings<T>;
  readonly #depth: number;
  #proven: Leaves<T> | null = null;
  #few: Rule<T>[] = [];
  #split: Split<T> | null = null;
  /** Rules that have to be asked, split or not. */
  #asked = 0;

  constructor(postings: Postings<T>, depth = 0) {
    this.#postings = postings;
    this.#depth = depth;
  }

  get size(): number {
    return this.#asked + (this.#proven?.size ?? 0);
  }

  add(rule: Rule<T>): void {
    if (rule.isProvenBy(this.#depth)) {
      this.#proven ??= new Leaves();
      this.#proven.add(rule);
      return;
    }
    this.#asked += 1;
    if (this.#split) this.#place(this.#split, rule);
    else {
      this.#few.push(rule);
      if (this.#few.length > SCANNED) this.#splitUp();
    }
  }

  /** Takes out a rule that is in it. */
  remove(rule: Rule<T>): void {
    if (rule.isProvenBy(this.#depth)) {
      this.#proven?.remove(rule);
      return;
    }
    this.#asked -= 1;
    if (!this.#split) {
      this.#few.splice(this.#few.indexOf(rule), 1);
      return;
    }
    this.#displace(this.#split, rule);
    // Only well below the bound, so that one that comes and goes does not rebuild it each time.
    if (this.#asked <= SCANNED / 2) this.#gather();
  }

  /** Calls back with the rules that the thing satisfies, of which the first `proven` accesses need no asking. */
  visit(probe: Probe, proven: number, found: Found<T>): void {
    this.#proven?.visit(probe, proven, found);
    const split = this.#split;
    if (!split) {
      for (const rule of this.#few) rule.visit(probe, proven, found);
      return;
    }
    if (split.tables) {
      for (const [field, table] of split.tables) {
        const value = FIELDS[field].read(probe.thing);
        if (value === null || value === undefined) continue;
        if (typeof value !== 'object') this.#visit(table.get(value), probe, proven + 1, found);
        // A tag that is there twice is still one.
        else for (const one of new Set(value)) this.#visit(table.get(one), probe, proven + 1, found);
      }
    }
    if (split.trees) {
      for (const [field, tree] of split.trees) {
        const at = probe.orderKey(field);
        if (at === null) tree.all((branch) => this.#visit(branch, probe, NOTHING_PROVEN, found));
        else tree.at(at, (branch) => this.#visit(branch, probe, proven + 1, found));
      }
    }
    for (const rule of split.rest) rule.visit(probe, proven, found);
  }

  /** The first `proven` accesses need no asking: a list's rules have no others, unless that is negative. */
  #visit(branch: Branch<T> | undefined, probe: Probe, proven: number, found: Found<T>): void {
    if (typeof branch !== 'number') branch?.visit(probe, proven, found);
    else if (proven > 0) this.#postings.visit(branch, found);
    else for (const rule of this.#postings.rulesOf(branch)) rule.visit(probe, proven, found);
  }

  /** Gives its rules up to a set; it is not used any more. */
  #giveUp(rules: Set<Rule<T>>): void {
    for (const rule of this.#proven?.rules ?? []) rules.add(rule);
    this.#giveUpAsked(rules);
  }

  #giveUpAsked(rules: Set<Rule<T>>): void {
    for (const rule of this.#few) rules.add(rule);
    if (!this.#split) return;
    for (const rule of this.#split.rest) rules.add(rule);
    const giveUp = (branch: Branch<T>) => {
      if (branch instanceof Cluster) branch.#giveUp(rules);
      else for (const rule of this.#ended(branch)) rules.add(rule);
    };
    for (const table of this.#split.tables?.values() ?? [])
      for (const branch of table.values()) giveUp(branch);
    for (const tree of this.#split.trees?.values() ?? []) tree.all(giveUp);
  }

  #splitUp(): void {
    const split: Split<T> = { tables: null, trees: null, rest: new Set() };
    for (const rule of this.#few) this.#place(split, rule);
    this.#few = [];
    this.#split = split;
  }

  #gather(): void {
    const rules = new Set<Rule<T>>();
    this.#giveUpAsked(rules);
    this.#few = [...rules];
    this.#split = null;
  }

  #place(split: Split<T>, rule: Rule<T>): void {
    const access = rule.access(this.#depth);
    if (!access) split.rest.add(rule);
    else if (access.kind === 'keys') {
      split.tables ??= new Map();
      const table = split.tables.get(access.field) ?? new Map<HashKey, Branch<T>>();
      split.tables.set(access.field, table);
      for (const key of access.keys) table.set(key, this.#grown(table.get(key), rule));
    } else {
      split.trees ??= new Map();
      const tree = split.trees.get(access.field) ?? new IntervalTree<Branch<T>>();
      split.trees.set(access.field, tree);
      tree.update(access, (branch) => this.#grown(branch, rule));
    }
  }

  #displace({ tables, trees, rest }: Split<T>, rule: Rule<T>): void {
    const access = rule.access(this.#depth);
    if (!access) rest.delete(rule);
    else if (access.kind === 'keys') {
      const table = tables?.get(access.field);
      for (const key of access.keys) {
        const branch = this.#shrunk(table?.get(key), rule);
        if (branch !== undefined) table?.set(key, branch);
        else table?.delete(key);
      }
      if (table?.size === 0) tables?.delete(access.field);
    } else {
      const tree = trees?.get(access.field);
      tree?.update(access, (branch) => this.#shrunk(branch, rule));
      if (tree?.isEmpty) trees?.delete(access.field);
    }
  }

  #grown(branch: Branch<T> | undefined, rule: Rule<T>): Branch<T> {
    const depth = this.#depth + 1;
    const isProven = rule.isProvenBy(depth);
    // A rule by itself is as good as a list of it.
    if (branch === undefined) return (isProven && rule.listed ? this.#postings.of(rule) : null) ?? rule;
    if (branch instanceof Cluster || (branch instanceof Leaves && isProven)) {
      branch.add(rule);
      return branch;
    }
    const listed = isProven ? this.#listed(branch, depth) : null;
    if (listed !== null) {
      const list = this.#postings.with(listed, rule);
      if (list !== null) return list;
    }
    const rules = [...this.#ended(listed ?? branch), rule];
    if (rules.every((each) => each.isProvenBy(depth))) return new Leaves(...rules);
    const cluster = new Cluster<T>(this.#postings, depth);
    for (const each of rules) cluster.add(each);
    return cluster;
  }

  #shrunk(branch: Branch<T> | undefined, rule: Rule<T>): Branch<T> | undefined {
    if (branch === undefined || branch instanceof Rule) return undefined;
    if (typeof branch === 'number') return this.#postings.without(branch, rule) ?? undefined;
    branch.remove(rule);
    return branch.size > 0 ? branch : undefined;
  }

  /** The list that a branch is, or that its one rule can be. */
  #listed(branch: PostingList | Rule<T> | Leaves<T>, depth: number): PostingList | null {
    if (typeof branch === 'number') return branch;
    return branch instanceof Rule && branch.isProvenBy(depth) ? this.#postings.of(branch) : null;
  }

  /** The rules of a branch that something else takes the place of. */
  #ended(branch: PostingList | Rule<T> | Leaves<T>): readonly Rule<T>[] {
    if (typeof branch === 'number') return this.#postings.release(branch);
    return branch instanceof Rule ? [branch] : branch.rules;
  }
}
