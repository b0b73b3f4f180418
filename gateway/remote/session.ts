import { randomUUID } from 'node:crypto';
import type { Position } from '../../schema/log-entry.ts';
import type { Burst } from '../delivery/burst.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { LiveSource } from '../delivery/live-source.ts';
import type { Logger } from '../logger.ts';
import type { LogPage } from '../ports.ts';
import type { RedisConnections } from '../redis/connections.ts';
import type { GatewayKeys } from '../redis/keys.ts';
import { type Deliveries, type DeliveryItem, decode, type Found } from '../redis/messages.ts';
import { run } from '../redis/script.ts';
import { RUN_ID } from '../redis/scripts.ts';
import type { InternalSubscription, SubscriptionId } from '../registry/registry.ts';
import type { GatewaySettings } from '../settings.ts';
import type { Counters } from '../stats.ts';
import { Coverage } from './coverage.ts';
import { DeliveryOrder } from './delivery-order.ts';
import { DeliveryReader } from './delivery-reader.ts';
import { enter, LEASES } from './entering.ts';
import { Heartbeat } from './heartbeat.ts';
import { Interests } from './interests.ts';
import { Requester } from './requester.ts';

export interface SessionParts {
  readonly redis: RedisConnections;
  readonly logger: Logger;
  readonly settings: GatewaySettings;
  readonly counters: Counters;
  readonly burst: Burst;
  readonly deliver: (delivery: Delivery) => void;
  /** Sends live subscriptions, to which everything up to `position` was delivered, back to the log. */
  readonly resync: (subscriptions: Iterable<InternalSubscription>, position: Position) => void;
  /** The session is of no more use, and why. Called once at most, and not when it is closed. */
  readonly onLost: (reason: string) => void;
}

/** A position that somebody waits for so long is looked for, in ms. */
const NOTICE_AFTER_MS = 50;

/**
 * One stay of a gateway in Redis, under an id of its own: registers what subscriptions are of, and takes the deliveries
 * of whichever streamer holds its lease. It trusts only what it can check: deliveries are numbered without a hole, and
 * each says which stretch of the log it covers. What is missing sends the tenant's live subscriptions back to the log.
 * A Redis that was flushed, restarted or replaced ends the session, and a new one begins with nothing.
 */
export class Session implements LiveSource {
  readonly gatewayId = randomUUID();
  readonly #parts: SessionParts;
  readonly #keys: GatewayKeys;
  readonly #reader: DeliveryReader;
  readonly #interests = new Interests();
  readonly #requester: Requester;
  readonly #coverages = new Map<string, Coverage>();
  readonly #order = new DeliveryOrder();
  #heartbeat: Heartbeat | undefined;
  #noticeTimer: NodeJS.Timeout | undefined;
  /** Whether something was not registered yet at the last heartbeat. */
  #wasWaiting = false;
  #live = 0;
  #over = false;

  constructor(parts: SessionParts) {
    const { redis } = parts;
    this.#parts = parts;
    this.#keys = redis.keys.gateway(this.gatewayId);
    this.#reader = new DeliveryReader({
      ...{ redis, stream: this.#keys.deliveries },
      onDelivery: (id, text) => this.#take(id, text),
      onFailure: (reason) => this.#lose(reason),
    });
    this.#requester = new Requester(redis, this.gatewayId, (error) => this.#lose(error.message));
  }

  get live(): number {
    return this.#live;
  }

  get behind(): number {
    let behind = 0;
    for (const { awaited, position } of this.#coverages.values())
      behind = Math.max(behind, awaited - position);
    return behind;
  }

  /** Makes itself known, and resolves when a streamer has taken it on. Rejects if none does in time. */
  async open(patienceMs: number): Promise<void> {
    const { redis } = this.#parts;
    const runId = String(await run(redis.commands, RUN_ID, [this.#keys.alive], []));
    await enter(redis, this.gatewayId, { patienceMs, isOver: () => this.#over });
    if (this.#over) throw new Error('the session was closed');
    const onLost = (reason: string): void => this.#lose(reason);
    const onBeat = (isMissing: boolean): void => this.#onBeat(isMissing);
    const { gatewayId } = this;
    const parts = { redis, gatewayId, keys: this.#keys, reader: this.#reader, onLost, onBeat };
    this.#heartbeat = new Heartbeat(parts, runId);
    this.#reader.start();
  }

  async attach(subscription: InternalSubscription): Promise<void> {
    if (this.#over) throw new Error('the session is over');
    const [interest, isNew] = this.#interests.join(subscription, this.#requester.next);
    if (isNew) this.#requester.ask({ kind: 'add', id: interest.id, of: interest.of });
    if (!this.#coverages.has(subscription.tenant)) {
      this.#coverages.set(subscription.tenant, new Coverage(this.#parts.settings.recentEntries));
    }
    try {
      await interest.registered;
    } catch (error) {
      this.release(subscription.id);
      throw error;
    }
  }

  position(id: SubscriptionId): Position {
    return this.#coverageOf(id)?.position ?? -1;
  }

  recent(id: SubscriptionId, position: Position): LogPage | undefined {
    const from = this.#interests.ofMember(id)?.from;
    const coverage = this.#coverageOf(id);
    if (!coverage || from === null || from === undefined || position < from) return undefined;
    const entries = coverage.since(position);
    return entries && { entries, through: coverage.position };
  }

  async reached(id: SubscriptionId, position: Position): Promise<void> {
    const coverage = this.#coverageOf(id);
    if (!coverage || coverage.position >= position) return;
    this.#noticeTimer ??= setTimeout(() => this.#notice(), NOTICE_AFTER_MS);
    await coverage.reached(position);
  }

  join(id: SubscriptionId, position: Position): boolean {
    const interest = this.#interests.ofMember(id);
    const subscription = interest?.members.get(id);
    if (this.#over || !interest || !subscription || interest.from === null) return false;
    if (this.#coverageOf(id)?.position !== position || position < interest.from) return false;
    if (!interest.live.has(id)) this.#live += 1;
    interest.live.set(id, subscription);
    return true;
  }

  leave(id: SubscriptionId): void {
    if (this.#interests.ofMember(id)?.live.delete(id)) this.#live -= 1;
  }

  release(id: SubscriptionId): void {
    this.leave(id);
    const left = this.#interests.leave(id);
    if (!left) return;
    this.#requester.ask({ kind: 'drop', id: left.id });
    const { tenant } = left.of;
    if (this.#interests.ofTenant(tenant).size > 0) return;
    this.#coverages.get(tenant)?.close();
    this.#coverages.delete(tenant);
  }

  /** Ends the session, and takes its keys away if Redis can be told. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#heartbeat?.stop();
    clearTimeout(this.#noticeTimer);
    const { redis } = this.#parts;
    this.#reader.close();
    this.#requester.close();
    for (const { settle } of this.#interests.all()) settle(new Error('the session is over'));
    for (const coverage of this.#coverages.values()) coverage.close();
    // Without its expiry it is dead to the streamers, and the first that looks sweeps up what is left.
    redis.commands
      .del(this.#keys.alive)
      .then(() => redis.commands.publish(redis.keys.control, LEASES))
      .catch(() => undefined);
  }

  #lose(reason: string): void {
    if (this.#over) return;
    this.#parts.onLost(reason);
  }

  #coverageOf(id: SubscriptionId): Coverage | undefined {
    const interest = this.#interests.ofMember(id);
    return interest && this.#coverages.get(interest.of.tenant);
  }

  #take(id: string, text: string): void {
    const deliveries = decode<Deliveries>(text);
    if (!deliveries) {
      this.#lose('a streamer of another version works for this gateway');
      return;
    }
    // What is missing may have said that something is registered.
    if (!this.#order.follows(id)) this.#requester.ask({ kind: 'again' });
    this.#parts.burst.each(deliveries.items, (item) => this.#takeItem(item));
  }

  #takeItem(item: DeliveryItem): void {
    const coverage = this.#coverages.get(item.tenant);
    if (!coverage) return;
    if (item.kind === 'registered') this.#takeRegistered(coverage, item);
    else if (coverage.position !== -1) this.#takeCovered(coverage, item);
  }

  #takeRegistered(coverage: Coverage, item: Extract<DeliveryItem, { kind: 'registered' }>): void {
    const { tenant, position, request } = item;
    if (coverage.position === -1) coverage.restart(position);
    else if (position > coverage.position) this.#loseTrack(tenant, coverage, position);
    for (const interest of this.#interests.pending(tenant)) {
      if (interest.request > request) continue;
      this.#interests.register(interest, Math.max(position, coverage.position));
    }
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
  }

  /** What came after the coverage's end and before `position` is not known here. */
  #loseTrack(tenant: string, coverage: Coverage, position: Position): void {
    this.#parts.counters.heals += 1;
    const live = [...this.#interests.ofTenant(tenant)].flatMap((interest) => [...interest.live.values()]);
    const reached = coverage.position;
    coverage.restart(position);
    this.#parts.logger.info(
      { tenant, after: reached, through: position, subscriptions: live.length },
      'entries were not delivered; subscriptions read them from the log',
    );
    this.#parts.resync(live, reached);
  }

  #deliver({ entry, as }: Found): void {
    for (const { type, ids } of as) {
      const subscriptions = ids.flatMap((id) => [...(this.#interests.get(id)?.live.values() ?? [])]);
      if (subscriptions.length === 0) continue;
      this.#parts.counters.deliveries += 1;
      const sequence = this.#order.sequence;
      this.#parts.deliver({ gatewayId: this.gatewayId, sequence, entry, type, subscriptions });
    }
  }

  /** Asks again for what was lost with nothing after it that would show the hole: a delivery, or a request. */
  #onBeat(isMissing: boolean): void {
    const isWaiting = this.#interests.arePending;
    if (isMissing || (isWaiting && this.#wasWaiting)) this.#requester.ask({ kind: 'again' });
    this.#wasWaiting = isWaiting;
  }

  /** Tells the streamer of positions that somebody waits for: what was published to it may have been lost. */
  #notice(): void {
    this.#noticeTimer = undefined;
    for (const [tenant, coverage] of this.#coverages) {
      const position = coverage.awaited;
      if (position > coverage.position) this.#requester.ask({ kind: 'notice', tenant, position });
    }
  }
}
