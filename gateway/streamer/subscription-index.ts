import type { Filter } from '../../schema/filter/form.ts';
import type { InternalSubscription, SubscriptionId } from '../registry/registry.ts';
import { type Change, judge, type SetChange } from './change.ts';
import { compile, type Predicate } from './predicate.ts';

interface Indexed {
  readonly subscription: InternalSubscription;
  readonly matches: Predicate;
  /** Streams it can be about; null if its filter does not say. */
  readonly streams: readonly string[] | null;
}

/**
 * The live subscriptions of one tenant and topic. Those whose filter names their streams are found by the entry's
 * stream; all others are asked one by one.
 */
export class SubscriptionIndex {
  readonly #all = new Map<SubscriptionId, Indexed>();
  readonly #byStream = new Map<string, Set<Indexed>>();
  readonly #others = new Set<Indexed>();

  get size(): number {
    return this.#all.size;
  }

  add(subscription: InternalSubscription): void {
    const streams = streamsOf(subscription.filter);
    const indexed: Indexed = { subscription, matches: compile(subscription.filter), streams };
    this.#all.set(subscription.id, indexed);
    if (!streams) this.#others.add(indexed);
    for (const stream of streams ?? []) {
      const those = this.#byStream.get(stream);
      if (those) those.add(indexed);
      else this.#byStream.set(stream, new Set([indexed]));
    }
  }

  remove(id: SubscriptionId): void {
    const indexed = this.#all.get(id);
    if (!indexed) return;
    this.#all.delete(id);
    this.#others.delete(indexed);
    for (const stream of indexed.streams ?? []) {
      const those = this.#byStream.get(stream);
      those?.delete(indexed);
      if (those?.size === 0) this.#byStream.delete(stream);
    }
  }

  /** Calls back once for each subscription that the change is something to. */
  match(change: Change, found: (subscription: InternalSubscription, as: SetChange) => void): void {
    for (const candidates of this.#candidates(change)) {
      for (const { subscription, matches } of candidates) {
        const as = judge(change, matches);
        if (as) found(subscription, as);
      }
    }
  }

  /** Sets without a subscription in common. */
  #candidates({ before, after }: Change): ReadonlySet<Indexed>[] {
    const was = before && this.#byStream.get(before.stream.uuid);
    const is = after && this.#byStream.get(after.stream.uuid);
    const keyed = was && is && was !== is ? new Set([...was, ...is]) : (is ?? was);
    return keyed ? [keyed, this.#others] : [this.#others];
  }
}

/**
 * The streams that all matches of a filter are on, null if the filter does not bind them. A conjunction is bound by
 * its tightest part, a disjunction only if each of its parts is.
 */
export function streamsOf(filter: Filter): readonly string[] | null {
  switch (filter.kind) {
    case 'is':
      if (filter.field !== 'stream.uuid') return null;
      if (filter.op === 'eq') return [String(filter.value)];
      return filter.op === 'in' ? [...new Set(filter.value.map(String))] : null;
    case 'and':
      return filter.of
        .map(streamsOf)
        .reduce(
          (best, streams) => (streams && (!best || streams.length < best.length) ? streams : best),
          null,
        );
    case 'or': {
      const parts = filter.of.map(streamsOf);
      const bound = parts.filter((streams) => streams !== null);
      return bound.length === parts.length ? [...new Set(bound.flat())] : null;
    }
    case 'not':
      return null;
  }
}
