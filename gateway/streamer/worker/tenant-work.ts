import {
  type LogEntry,
  type Position,
  WRITTEN_TOPICS,
  type WrittenTopic,
} from '../../../schema/log-entry.ts';
import type { LogPage } from '../../ports.ts';
import type { InternalSubscription, SubscriptionId } from '../../registry/registry.ts';
import { changeOf, type SetChange } from '../change.ts';
import type { Watch } from '../intakes.ts';
import { SubscriptionIndex } from '../subscription-index.ts';
import type { DeliveryWriter } from './delivery-writer.ts';
import type { GatewayWorkParts } from './parts.ts';

export interface TenantWorkParts extends GatewayWorkParts {
  readonly writer: DeliveryWriter;
  /** Up to where another streamer has delivered; `undefined` to begin at the present. */
  readonly resume: Position | undefined;
}

/** Further back a successor does not go: the gateway's subscriptions read that much from the log themselves. */
const MAX_REPLAY = 5_000;

/** One tenant's entries, matched for one gateway: in order, from where the last streamer left off. */
export class TenantWork {
  readonly #tenant: string;
  readonly #parts: TenantWorkParts;
  readonly #watch: Watch;
  readonly #indexes = new Map<WrittenTopic, SubscriptionIndex>();
  #size = 0;
  /** Everything up to here has been matched; -1 until it is known where to begin. */
  #position: Position = -1;
  /** Entries come as they are committed; before that they are read up to where those begin. */
  #isLive = false;
  /** The last request that is to be acknowledged as soon as there is a position. */
  #request: number | null = null;
  #closed = false;

  constructor(tenant: string, parts: TenantWorkParts) {
    this.#tenant = tenant;
    this.#parts = parts;
    this.#watch = parts.intakes.watch(tenant, (entry) => {
      if (this.#isLive) this.#match(entry);
    });
    this.#begin().catch((error: unknown) => {
      if (this.#closed) return;
      parts.logger.warn({ err: error, tenant }, 'the log can not be read; another streamer may try');
      parts.onLost();
    });
  }

  /** Filters that are matched. */
  get size(): number {
    return this.#size;
  }

  add(subscription: InternalSubscription): void {
    let index = this.#indexes.get(subscription.topic);
    if (!index) {
      index = new SubscriptionIndex();
      this.#indexes.set(subscription.topic, index);
    }
    index.add(subscription);
    this.#size += 1;
  }

  remove(id: SubscriptionId, topic: WrittenTopic): void {
    this.#indexes.get(topic)?.remove(id);
    this.#size -= 1;
  }

  notice(position: Position): void {
    this.#watch.intake.notice(position);
    // It may be there already, and only on its way.
    void this.#parts.writer.flush();
  }

  /** Says from where on everything that was added so far is matched. */
  acknowledge(request: number): void {
    if (this.#position === -1) this.#request = request;
    else this.#parts.writer.registered(this.#tenant, this.#position, request);
  }

  close(): void {
    this.#closed = true;
    this.#isLive = false;
    this.#watch.close();
    this.#parts.writer.forget(this.#tenant);
  }

  async #begin(): Promise<void> {
    await this.#watch.started;
    if (this.#closed) return;
    const { intake } = this.#watch;
    const { resume } = this.#parts;
    // The last streamer may have seen more of the log than this process has by now.
    const behind = resume === undefined ? 0 : intake.position - resume;
    this.#position = resume === undefined || behind > MAX_REPLAY ? intake.position : resume;
    if (this.#request !== null) this.acknowledge(this.#request);
    while (!this.#closed && this.#position < intake.position) {
      const page = await this.#readOn(intake.position);
      if (this.#closed) return;
      for (const entry of page.entries) this.#match(entry);
      this.#cover(page.through);
    }
    this.#isLive = true;
  }

  async #readOn(through: Position): Promise<LogPage> {
    const after = this.#position;
    const recent = this.#watch.intake.since(after);
    if (recent) return { entries: recent, through: after + recent.length };
    const { log, settings } = this.#parts;
    const limit = settings.catchUpPage;
    return log.read({ tenant: this.#tenant, topics: WRITTEN_TOPICS, after, through, limit });
  }

  #match(entry: LogEntry): void {
    if (entry.position <= this.#position) return;
    const began = performance.now();
    const ids = new Map<SetChange, SubscriptionId[]>();
    this.#indexes.get(entry.topic)?.match(changeOf(entry), ({ id }, type) => {
      const those = ids.get(type);
      if (those) those.push(id);
      else ids.set(type, [id]);
    });
    this.#parts.meters?.matched((performance.now() - began) / 1_000);
    const from = this.#position;
    this.#position = entry.position;
    if (ids.size === 0) {
      this.#parts.writer.covered(this.#tenant, from, entry.position);
      return;
    }
    this.#parts.counters.deliveries += ids.size;
    const as = [...ids].map(([type, those]) => ({ type, ids: those }));
    this.#parts.writer.covered(this.#tenant, from, entry.position, { entry, as });
  }

  #cover(through: Position): void {
    if (through <= this.#position) return;
    this.#parts.writer.covered(this.#tenant, this.#position, through);
    this.#position = through;
  }
}
