import type { FilterField } from '../../../schema/filter/form.ts';
import { FIELDS } from '../matchable.ts';
import type { HashKey } from './access.ts';
import { IntervalTree } from './interval-tree.ts';
import type { Probe } from './probe.ts';
import { Rule } from './rule.ts';

/** Up to so many rules are asked one by one, which is faster than any structure. */
const SCANNED = 8;
/** Of a thing without the field of an access, nothing is known. */
const NOTHING_PROVEN = Number.NEGATIVE_INFINITY;

/** What is below a value or an interval: mostly a single rule, which needs no cluster of its own. */
type Branch<Owner> = Rule<Owner> | Cluster<Owner>;

/** Rules by their next access: equalities hashed, intervals in trees, those that have none left together. */
interface Split<Owner> {
  readonly tables: Map<FilterField, Map<HashKey, Branch<Owner>>>;
  readonly trees: Map<FilterField, IntervalTree<Branch<Owner>>>;
  readonly rest: Set<Rule<Owner>>;
}

/**
 * Rules that agree on their first `depth` accesses. A few are kept as a list; more are split by the most selective
 * access that is left of each, into clusters of which every one does the same (access predicates: Fabret et al.,
 * Filtering Algorithms and Implementation for Very Fast Publish/Subscribe Systems, SIGMOD 2001). So a thing is compared
 * with those that it nearly satisfies, however many share a part of its filter.
 */
export class Cluster<Owner> {
  readonly #depth: number;
  #few: Rule<Owner>[] = [];
  #split: Split<Owner> | null = null;
  #size = 0;

  constructor(depth = 0) {
    this.#depth = depth;
  }

  get size(): number {
    return this.#size;
  }

  add(rule: Rule<Owner>): void {
    this.#size += 1;
    if (this.#split) this.#place(this.#split, rule);
    else {
      this.#few.push(rule);
      if (this.#few.length > SCANNED) this.#splitUp();
    }
  }

  /** Takes out a rule that is in it. */
  remove(rule: Rule<Owner>): void {
    this.#size -= 1;
    if (!this.#split) {
      this.#few.splice(this.#few.indexOf(rule), 1);
      return;
    }
    this.#displace(this.#split, rule);
    // Only well below the bound, so that one that comes and goes does not rebuild it each time.
    if (this.#size <= SCANNED / 2) this.#gather();
  }

  /** Calls back with the rules that the thing satisfies, of which the first `proven` accesses need no asking. */
  visit(probe: Probe, proven: number, found: (rule: Rule<Owner>) => void): void {
    const split = this.#split;
    if (!split) {
      for (const rule of this.#few) if (rule.holds(probe, proven)) found(rule);
      return;
    }
    for (const [field, table] of split.tables) {
      const value = FIELDS[field].read(probe.thing);
      if (value === null || value === undefined) continue;
      if (typeof value !== 'object') visitBranch(table.get(value), probe, proven + 1, found);
      else for (const one of value) visitBranch(table.get(one), probe, proven + 1, found);
    }
    for (const [field, tree] of split.trees) {
      const at = probe.orderKey(field);
      if (at === null) tree.all((branch) => visitBranch(branch, probe, NOTHING_PROVEN, found));
      else tree.at(at, (branch) => visitBranch(branch, probe, proven + 1, found));
    }
    for (const rule of split.rest) if (rule.holds(probe, proven)) found(rule);
  }

  /** Adds its rules to a set. */
  collect(rules: Set<Rule<Owner>>): void {
    for (const rule of this.#few) rules.add(rule);
    if (!this.#split) return;
    for (const rule of this.#split.rest) rules.add(rule);
    for (const table of this.#split.tables.values()) {
      for (const branch of table.values()) collectBranch(branch, rules);
    }
    for (const tree of this.#split.trees.values()) tree.all((branch) => collectBranch(branch, rules));
  }

  #splitUp(): void {
    const split: Split<Owner> = { tables: new Map(), trees: new Map(), rest: new Set() };
    for (const rule of this.#few) this.#place(split, rule);
    this.#few = [];
    this.#split = split;
  }

  #gather(): void {
    const rules = new Set<Rule<Owner>>();
    this.collect(rules);
    this.#few = [...rules];
    this.#split = null;
  }

  #place({ tables, trees, rest }: Split<Owner>, rule: Rule<Owner>): void {
    const access = rule.accesses[this.#depth];
    if (!access) rest.add(rule);
    else if (access.kind === 'keys') {
      const table = tables.get(access.field) ?? new Map<HashKey, Branch<Owner>>();
      tables.set(access.field, table);
      for (const key of access.keys) table.set(key, this.#grown(table.get(key), rule));
    } else {
      const tree = trees.get(access.field) ?? new IntervalTree<Branch<Owner>>();
      trees.set(access.field, tree);
      tree.update(access, (branch) => this.#grown(branch, rule));
    }
  }

  #displace({ tables, trees, rest }: Split<Owner>, rule: Rule<Owner>): void {
    const access = rule.accesses[this.#depth];
    if (!access) rest.delete(rule);
    else if (access.kind === 'keys') {
      const table = tables.get(access.field);
      for (const key of access.keys) {
        const branch = shrunk(table?.get(key), rule);
        if (branch) table?.set(key, branch);
        else table?.delete(key);
      }
      if (table?.size === 0) tables.delete(access.field);
    } else {
      const tree = trees.get(access.field);
      tree?.update(access, (branch) => shrunk(branch, rule));
      if (tree?.isEmpty) trees.delete(access.field);
    }
  }

  #grown(branch: Branch<Owner> | undefined, rule: Rule<Owner>): Branch<Owner> {
    if (!branch) return rule;
    if (branch instanceof Cluster) {
      branch.add(rule);
      return branch;
    }
    const cluster = new Cluster<Owner>(this.#depth + 1);
    cluster.add(branch);
    cluster.add(rule);
    return cluster;
  }
}

function shrunk<Owner>(branch: Branch<Owner> | undefined, rule: Rule<Owner>): Branch<Owner> | undefined {
  if (!(branch instanceof Cluster)) return undefined;
  branch.remove(rule);
  return branch.size > 0 ? branch : undefined;
}

function visitBranch<Owner>(
  branch: Branch<Owner> | undefined,
  probe: Probe,
  proven: number,
  found: (rule: Rule<Owner>) => void,
): void {
  if (!branch) return;
  if (branch instanceof Cluster) branch.visit(probe, proven, found);
  else if (branch.holds(probe, proven)) found(branch);
}

function collectBranch<Owner>(branch: Branch<Owner>, rules: Set<Rule<Owner>>): void {
  if (branch instanceof Rule) rules.add(branch);
  else branch.collect(rules);
}
