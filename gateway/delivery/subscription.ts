import { setTimeout as pause } from 'node:timers/promises';
import type { Position } from '../../schema/log-entry.ts';
import type { Cohort } from '../cohort/cohort.ts';
import type { Cohorts } from '../cohort/cohorts.ts';
import type { Logger } from '../logger.ts';
import type { LogPage, LogReader, SubscriptionEvent } from '../ports.ts';
import type { InternalSubscription, Issuer } from '../registry/registry.ts';
import type { GatewaySettings } from '../settings.ts';
import type { Counters } from '../stats.ts';
import { compile } from '../streamer/predicate.ts';
import type { SubscriptionPlan } from '../subscribing/plan.ts';
import type { Burst } from './burst.ts';
import { matchingEvents, readyEvent, snapshotEvents } from './events.ts';
import { LiveFeed, type LiveSubscriber } from './live-feed.ts';
import type { LiveSource } from './live-source.ts';
import type { Frame, Outbox } from './outbox.ts';

export interface SubscriptionParts {
  readonly log: LogReader;
  readonly source: LiveSource;
  readonly issuer: Issuer;
  readonly cohorts: Cohorts;
  readonly logger: Logger;
  readonly settings: GatewaySettings;
  readonly counters: Counters;
  readonly burst: Burst;
  /** Hears of each subscription that is over. */
  readonly onEnd: (subscription: Subscription) => void;
}

/** The client's side of a subscription. */
export interface Subscriber {
  readonly outbox: Outbox;
  /** Wraps a payload for the client that knows the subscription by its own id. */
  frame(payload: Buffer): Frame;
  /** The subscription has ended by itself; nothing follows. */
  onFailure(error: unknown): void;
}

type Mode = 'starting' | 'catching-up' | 'lagging' | 'live' | 'ended';

/** Events rendered at once while catching up. */
const RENDER_AHEAD = 32;

/**
 * Feeds one subscriber every matching entry after its position, in order and once: from the log until its position is
 * the streamer's live position, then from the streamer, and from the log again whenever the connection can't take it
 * or the cohort can't make it at live's pace. The switch to live is checked and made in one turn of the event loop,
 * so there is no seam to fill.
 */
export class Subscription implements LiveSubscriber {
  readonly #parts: SubscriptionParts;
  readonly #subscriber: Subscriber;
  readonly #cohort: Cohort;
  readonly #internal: InternalSubscription;
  #attached = false;
  /** The subscriber has been sent everything that matches up to here. */
  #position: Position = 0;
  #mode: Mode = 'starting';

  constructor(parts: SubscriptionParts, plan: SubscriptionPlan, subscriber: Subscriber) {
    this.#parts = parts;
    this.#subscriber = subscriber;
    this.#cohort = parts.cohorts.join(plan, subscriber.outbox);
    const { topic, filter, identity } = plan;
    this.#internal = parts.issuer.issue({ tenant: identity.tenant, topic, filter });
  }

  get mode(): Mode {
    return this.#mode;
  }

  /** Positions from what it was sent to live; 0 while it is live or has not begun. */
  get behind(): number {
    if (this.#mode !== 'lagging' && this.#mode !== 'catching-up') return 0;
    return Math.max(0, this.#parts.source.position(this.#internal.id) - this.#position);
  }

  /** Starts feeding; the plan is not kept beyond. Failures, also of the start, go to the subscriber. */
  start(plan: SubscriptionPlan): void {
    this.#run(plan).catch((error: unknown) => this.fail(error));
  }

  end(): void {
    if (this.#ended()) return;
    this.#leaveLive();
    this.#mode = 'ended';
    if (this.#attached) this.#parts.source.release(this.#internal.id);
    this.#parts.cohorts.leave(this.#cohort, this.#subscriber.outbox);
    this.#parts.onEnd(this);
  }

  take(position: Position, payload: Buffer): void {
    if (this.#subscriber.outbox.full) {
      this.fallBehind(position - 1);
      return;
    }
    this.#write(payload);
    this.#position = position;
  }

  fallBehind(position: Position): void {
    this.#parts.counters.lagged += 1;
    const { id, tenant } = this.#internal;
    const { bufferedBytes } = this.#subscriber.outbox;
    this.#parts.logger.info(
      { tenant, subscription: id, position, bufferedBytes },
      'a subscription is lagging: it is fed from the log until it has caught up',
    );
    this.#goBack(position, 'lagging');
  }

  resync(position: Position): void {
    this.#parts.counters.resyncs += 1;
    this.#goBack(position, 'catching-up');
  }

  fail(error: unknown): void {
    if (this.#ended()) return;
    this.end();
    this.#subscriber.onFailure(error);
  }

  async #run(plan: SubscriptionPlan): Promise<void> {
    const { source } = this.#parts;
    await source.attach(this.#internal);
    if (this.#ended()) return source.release(this.#internal.id);
    this.#attached = true;
    this.#position = await this.#begin(plan);
    if (plan.ready) await this.#feedAll([readyEvent(plan, this.#position)]);
    if (this.#ended()) return;
    this.#mode = 'catching-up';
    await this.#catchUp();
  }

  /** Where the tail begins: after the cursor, after the snapshot, which is sent here, or at the log's head. */
  async #begin(plan: SubscriptionPlan): Promise<Position> {
    const { identity, topic, filter, after, snapshot } = plan;
    const { log } = this.#parts;
    const { tenant } = identity;
    if (after !== null) return log.timelines.resume(tenant, after);
    if (!snapshot) return log.head(tenant);
    const taken = await log.snapshot({ tenant, topic, filter });
    for await (const items of taken.pages) {
      await this.#feedAll(snapshotEvents(plan, items, taken.position));
      if (this.#ended()) break;
    }
    return taken.position;
  }

  async #catchUp(): Promise<void> {
    const { source } = this.#parts;
    const { id } = this.#internal;
    while (!this.#ended()) {
      // Waiting before reading: a client that takes nothing costs its budget and not a page of entries besides.
      await this.#subscriber.outbox.room();
      if (this.#ended() || this.#joinLive()) return;
      const live = source.position(id);
      if (live < this.#position) await source.reached(id, this.#position);
      else await this.#readOn(live);
    }
  }

  #joinLive(): boolean {
    const { id } = this.#internal;
    if (!this.#parts.source.join(id, this.#position)) return false;
    this.#internal.feed = new LiveFeed(this.#cohort, this);
    this.#mode = 'live';
    return true;
  }

  #leaveLive(): void {
    this.#internal.feed?.end();
    this.#internal.feed = undefined;
    this.#parts.source.leave(this.#internal.id);
  }

  /** From live back to the log, after what was taken. */
  #goBack(position: Position, mode: Mode): void {
    this.#leaveLive();
    this.#position = Math.max(this.#position, position);
    this.#mode = mode;
    this.#catchUp().catch((error: unknown) => this.fail(error));
  }

  async #readOn(through: Position): Promise<void> {
    const page = await this.#readPage(through);
    if (!page || this.#ended()) return;
    const events = matchingEvents(page.entries, compile(this.#internal.filter), this.#cohort);
    for (let at = 0; at < events.length; at += RENDER_AHEAD) {
      const together = events.slice(at, at + RENDER_AHEAD);
      const payloads = await Promise.all(together.map((event) => this.#cohort.render(event)));
      this.#parts.burst.during(() => this.#writeAll(together, payloads));
      if (this.#position < (together.at(-1)?.position ?? 0)) return;
    }
    this.#position = Math.max(this.#position, page.through);
  }

  /** Writes what fits: the rest is read again when there is room, rather than held. */
  #writeAll(events: readonly SubscriptionEvent[], payloads: readonly Buffer[]): void {
    for (const [index, { position }] of events.entries()) {
      const payload = payloads[index];
      if (!payload || this.#ended() || this.#subscriber.outbox.full) return;
      this.#write(payload);
      this.#position = position;
    }
  }

  /** A page of the log; `null` if the read failed and a pause has passed, after which it may be tried again. */
  async #readPage(through: Position): Promise<LogPage | null> {
    const { log, logger, settings, counters, source } = this.#parts;
    const { id, tenant, topic, filter } = this.#internal;
    const after = this.#position;
    const recent = source.recent(id, after);
    if (recent && recent.through > after) {
      return { entries: recent.entries.filter((entry) => entry.topic === topic), through: recent.through };
    }
    counters.catchUpPages += 1;
    try {
      return await log.read({ tenant, topics: [topic], after, through, limit: settings.catchUpPage, filter });
    } catch (error) {
      logger.warn({ err: error, tenant, after }, 'catching a subscription up failed; trying again');
      await pause(settings.retryMs, undefined, { ref: false });
      return null;
    }
  }

  /** Feeds events that can't be read again, at the connection's pace. */
  async #feedAll(events: readonly SubscriptionEvent[]): Promise<void> {
    for (const event of events) {
      const payload = await this.#cohort.render(event);
      await this.#subscriber.outbox.room();
      if (this.#ended()) return;
      this.#write(payload);
    }
  }

  #write(payload: Buffer): void {
    this.#parts.counters.frames += 1;
    this.#subscriber.outbox.send(this.#subscriber.frame(payload));
  }

  #ended(): boolean {
    return this.#mode === 'ended';
  }
}
