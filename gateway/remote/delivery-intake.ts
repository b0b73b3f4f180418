import type { Position } from '../../schema/log-entry.ts';
import type { Burst } from '../delivery/burst.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { Logger } from '../logger.ts';
import type { Timelines } from '../ports.ts';
import { type Deliveries, type DeliveryItem, decode, type Found } from '../redis/messages.ts';
import type { InternalSubscription } from '../registry/registry.ts';
import type { Counters } from '../stats.ts';
import type { Coverage } from './coverage.ts';
import { DeliveryOrder } from './delivery-order.ts';
import type { Interests } from './interests.ts';
import type { Loss } from './loss.ts';
import type { Requester } from './requester.ts';

export interface DeliveryIntakeParts {
  readonly interests: Interests;
  /** By tenant. */
  readonly coverages: ReadonlyMap<string, Coverage>;
  readonly requester: Requester;
  readonly timelines: Timelines;
  readonly logger: Logger;
  readonly counters: Counters;
  readonly burst: Burst;
  readonly deliver: (delivery: Delivery) => void;
  /** Sends live subscriptions, to which everything up to `position` was delivered, back to the log. */
  readonly resync: (subscriptions: Iterable<InternalSubscription>, position: Position) => void;
  /** Nothing more can be taken, and why. */
  readonly onLost: (loss: Loss) => void;
}

/** Takes what the streamer delivers to a gateway, as far as it can be checked: what is missing is read from the log. */
export class DeliveryIntake {
  readonly #parts: DeliveryIntakeParts;
  readonly #order = new DeliveryOrder();

  constructor(parts: DeliveryIntakeParts) {
    this.#parts = parts;
  }

  /** Takes what one entry of the delivery stream says; `id` is the entry's. */
  take(id: string, text: string): void {
    const { onLost, requester, burst } = this.#parts;
    const deliveries = decode<Deliveries>(text);
    if (!deliveries) {
      onLost('a streamer of another version works for this gateway');
      return;
    }
    // What is missing may have said that something is registered.
    if (!this.#order.follows(id)) requester.ask({ kind: 'again' });
    burst.each(deliveries.items, (item) => this.#takeItem(item));
  }

  #takeItem(item: DeliveryItem): void {
    const coverage = this.#parts.coverages.get(item.tenant);
    if (!coverage || !this.#isOfThisLog(item)) return;
    if (item.kind === 'registered') this.#takeRegistered(coverage, item);
    else if (coverage.position !== -1) this.#takeCovered(coverage, item);
  }

  /** Ends it all where the log goes on elsewhere than this process has seen: the next session begins with what is there then. */
  #isOfThisLog(item: DeliveryItem): boolean {
    const { timelines, onLost } = this.#parts;
    const { tenant, timeline } = item;
    const position = item.kind === 'covered' ? item.through : item.position;
    const found = item.kind === 'covered' ? item.found : [];
    const places = [{ tenant, position, timeline }, ...found.map(({ entry }) => entry)];
    if (places.every((place) => timelines.continues(place))) return true;
    onLost('the log goes on in a timeline that this gateway does not know yet');
    return false;
  }

  #takeRegistered(coverage: Coverage, item: Extract<DeliveryItem, { kind: 'registered' }>): void {
    const { interests } = this.#parts;
    const { tenant, position, request } = item;
    if (coverage.position === -1) coverage.restart(position);
    else if (position > coverage.position) this.#loseTrack(tenant, coverage, position);
    for (const interest of interests.pending(tenant)) {
      if (interest.request > request) continue;
      interests.register(interest, Math.max(position, coverage.position));
    }
    this.#parts.timelines.saw(tenant, position);
  }

  #takeCovered(coverage: Coverage, item: Extract<DeliveryItem, { kind: 'covered' }>): void {
    const { tenant, from, through, found } = item;
    // Another streamer has taken over and begun a little before the end of its predecessor.
    if (through <= coverage.position) return;
    if (from > coverage.position) this.#loseTrack(tenant, coverage, from);
    const after = coverage.position;
    const fresh = found.filter(({ entry }) => entry.position > after);
    this.#parts.burst.each(fresh, (one) => this.#deliver(one));
    coverage.extend(
      through,
      fresh.map(({ entry }) => entry),
    );
    this.#parts.timelines.saw(tenant, through);
  }

  /** What came after the coverage's end and before `position` is not known here. */
  #loseTrack(tenant: string, coverage: Coverage, position: Position): void {
    const { interests, counters, logger, resync } = this.#parts;
    counters.heals += 1;
    const live = [...interests.ofTenant(tenant)].flatMap((interest) => [...interest.live.values()]);
    const reached = coverage.position;
    coverage.restart(position);
    logger.info(
      { tenant, after: reached, through: position, subscriptions: live.length },
      'entries were not delivered; subscriptions read them from the log',
    );
    resync(live, reached);
  }

  #deliver({ entry, as }: Found): void {
    const { interests, counters, deliver } = this.#parts;
    for (const { type, ids } of as) {
      const subscriptions = ids.flatMap((id) => [...(interests.get(id)?.live.values() ?? [])]);
      if (subscriptions.length === 0) continue;
      counters.deliveries += 1;
      deliver({ entry, type, subscriptions });
    }
  }
}
