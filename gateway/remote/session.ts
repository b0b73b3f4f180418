import { randomUUID } from 'node:crypto';
import type { Position } from '../../schema/log-entry.ts';
import type { LiveSource } from '../delivery/live-source.ts';
import type { LogPage } from '../ports.ts';
import type { RedisConnections } from '../redis/connections.ts';
import type { GatewayKeys } from '../redis/keys.ts';
import { run } from '../redis/script.ts';
import { RUN_ID } from '../redis/scripts.ts';
import type { InternalSubscription, SubscriptionId } from '../registry/registry.ts';
import type { GatewaySettings } from '../settings.ts';
import { Coverage } from './coverage.ts';
import { DeliveryIntake, type DeliveryIntakeParts } from './delivery-intake.ts';
import { DeliveryReader } from './delivery-reader.ts';
import { enter, LEASES } from './entering.ts';
import { Heartbeat } from './heartbeat.ts';
import { Interests } from './interests.ts';
import { FeedFailure, type Loss } from './loss.ts';
import { Requester } from './requester.ts';

type Taking = Pick<DeliveryIntakeParts, 'logger' | 'counters' | 'burst' | 'deliver' | 'resync' | 'onLost'>;

/** `onLost` is called once at most, and not when the session is closed: it is of no more use then. */
export interface SessionParts extends Taking {
  readonly redis: RedisConnections;
  readonly settings: GatewaySettings;
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
    this.#requester = new Requester(redis, this.gatewayId, (error) => this.#lose(error));
    const intake = new DeliveryIntake({
      ...parts,
      interests: this.#interests,
      coverages: this.#coverages,
      requester: this.#requester,
      onLost: this.#lose,
    });
    this.#reader = new DeliveryReader({
      ...{ redis, stream: this.#keys.deliveries },
      onDelivery: (id, text) => intake.take(id, text),
      onFailure: this.#lose,
    });
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
    if (this.#over) throw new FeedFailure('the session was closed');
    const { gatewayId } = this;
    const hearers = { onLost: this.#lose, onBeat: this.#onBeat };
    const expectsDeliveries = () => this.#coverages.size > 0;
    const parts = { redis, gatewayId, keys: this.#keys, reader: this.#reader, expectsDeliveries, ...hearers };
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

  readonly #lose = (loss: Loss): void => {
    if (!this.#over) this.#parts.onLost(loss);
  };

  #coverageOf(id: SubscriptionId): Coverage | undefined {
    const interest = this.#interests.ofMember(id);
    return interest && this.#coverages.get(interest.of.tenant);
  }

  /** Asks again for what was lost with nothing after it that would show the hole: a delivery, or a request. */
  readonly #onBeat = (isMissing: boolean): void => {
    const isWaiting = this.#interests.arePending;
    if (isMissing || (isWaiting && this.#wasWaiting)) this.#requester.ask({ kind: 'again' });
    this.#wasWaiting = isWaiting;
  };

  /** Tells the streamer of positions that somebody waits for: what was published to it may have been lost. */
  #notice(): void {
    this.#noticeTimer = undefined;
    for (const [tenant, coverage] of this.#coverages) {
      const position = coverage.awaited;
      if (position > coverage.position) this.#requester.ask({ kind: 'notice', tenant, position });
    }
  }
}
