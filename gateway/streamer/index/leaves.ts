import type { InternalSubscription } from '../../registry/registry.ts';
import { Bag } from './bag.ts';
import type { Probe } from './probe.ts';
import type { Found, Rule } from './rule.ts';

/** Rules of which nothing is left to be asked: what gets here satisfies all of them. */
export class Leaves<T> {
  readonly #rules = new Bag<Rule<T>, Rule<T>>(itself);
  /** The sole subscription of each in turn: where there is one, the rule is not read at all. */
  readonly #soles: (InternalSubscription | null)[] = [];

  constructor(...rules: readonly Rule<T>[]) {
    for (const rule of rules) this.add(rule);
  }

  get size(): number {
    return this.#soles.length;
  }

  get rules(): readonly Rule<T>[] {
    return this.#rules.items;
  }

  add(rule: Rule<T>): void {
    this.#rules.add(rule);
    this.#soles.push(rule.sole);
  }

  remove(rule: Rule<T>): void {
    const at = this.#rules.remove(rule);
    if (at === -1) return;
    const last = this.#soles.pop() ?? null;
    if (at < this.#soles.length) this.#soles[at] = last;
  }

  /** A negative `proven` says that it got here without having been compared. */
  visit(probe: Probe, proven: number, found: Found<T>): void {
    if (proven < 0) {
      for (const rule of this.rules) rule.visit(probe, proven, found);
      return;
    }
    for (let at = 0; at < this.#soles.length; at += 1) {
      const sole = this.#soles[at];
      if (sole !== null && sole !== undefined) found.sole(sole);
      else {
        const rule = this.rules[at];
        if (rule) found.rule(rule);
      }
    }
  }
}

function itself<R>(rule: R): R {
  return rule;
}
