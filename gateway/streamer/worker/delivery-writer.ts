import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LogEntry, Position } from '../../../schema/log-entry.ts';
import type { GatewayKeys } from '../../redis/keys.ts';
import { type Deliveries, type DeliveryItem, encodeDeliveries, type Found } from '../../redis/messages.ts';
import { run } from '../../redis/script.ts';
import { DELIVER } from '../../redis/scripts.ts';
import type { GatewayWorkParts } from './parts.ts';

export interface DeliveryWriterParts extends GatewayWorkParts {
  readonly keys: GatewayKeys;
  /** What waited was dropped: where things stand has to be said again. */
  readonly onDropped: () => void;
}

type Covered = Omit<Extract<DeliveryItem, { kind: 'covered' }>, 'through' | 'found'> & {
  through: Position;
  readonly found: Found[];
};
type Registered = Extract<DeliveryItem, { kind: 'registered' }>;

/** How long a stretch in which nothing was found may wait for company, in ms. */
const COMPANY_MS = 20;
/** Entries in one delivery, and entries that may wait for Redis before the gateway is left to read them itself. */
const MAX_TOGETHER = 500;
const MAX_WAITING = 20_000;

/** Delivers to one gateway, in order, one delivery at a time: what comes meanwhile makes up the next. */
export class DeliveryWriter {
  readonly #parts: DeliveryWriterParts;
  #items: (Covered | Registered)[] = [];
  /** By tenant: the stretch at the end of what waits, which can still be extended. */
  readonly #open = new Map<string, Covered>();
  #found = 0;
  #sequence = 0;
  #writing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(parts: DeliveryWriterParts) {
    this.#parts = parts;
  }

  covered(tenant: string, from: Position, through: Position, found?: Found): void {
    if (this.#closed) return;
    let open = this.#open.get(tenant);
    if (!open || open.through !== from || open.found.length >= MAX_TOGETHER) {
      open = { kind: 'covered', tenant, from, through, found: [] };
      this.#items.push(open);
      this.#open.set(tenant, open);
    }
    open.through = through;
    if (!found) {
      this.#timer ??= setTimeout(() => void this.flush(), COMPANY_MS);
      return;
    }
    open.found.push(found);
    this.#found += 1;
    if (this.#found > MAX_WAITING) this.#dropAll();
    void this.flush();
  }

  registered(tenant: string, position: Position, request: number): void {
    if (this.#closed) return;
    this.#open.delete(tenant);
    this.#items.push({ kind: 'registered', tenant, position, request });
    void this.flush();
  }

  /** Nothing of a tenant is matched any more. */
  forget(tenant: string): void {
    this.#open.delete(tenant);
    this.#items = this.#items.filter((item) => item.tenant !== tenant);
    this.#found = this.#items.reduce(
      (sum, item) => sum + (item.kind === 'covered' ? item.found.length : 0),
      0,
    );
  }

  /** Resolves when all that waits is delivered, or can't be. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#write();
    return this.#writing;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#items = [];
    this.#open.clear();
  }

  /** Redis can't keep up: the gateway finds a hole, and its subscriptions read it from the log. */
  #dropAll(): void {
    this.#items = [];
    this.#open.clear();
    this.#found = 0;
    this.#parts.onDropped();
  }

  /** Never rejects: a delivery that failed ends the work for the gateway, and its successor goes on from its progress. */
  async #write(): Promise<void> {
    // Entries that are matched in one turn are delivered together.
    await nextTurn();
    let isHeld = true;
    while (isHeld && this.#items.length > 0 && !this.#closed) isHeld = await this.#writeNext();
    // In the turn of the last check, so that nothing can come in between and be left.
    this.#writing = null;
    if (!isHeld && !this.#closed) this.#parts.onLost();
  }

  async #writeNext(): Promise<boolean> {
    const items = this.#take();
    this.#sequence += 1;
    try {
      return await this.#deliver({ items });
    } catch (error) {
      const { logger, gatewayId } = this.#parts;
      logger.debug({ err: error, gateway: gatewayId }, 'a delivery failed');
      return false;
    }
  }

  #take(): readonly DeliveryItem[] {
    let count = 0;
    let found = 0;
    for (const item of this.#items) {
      if (count > 0 && found >= MAX_TOGETHER) break;
      if (item.kind === 'covered') {
        found += item.found.length;
        if (this.#open.get(item.tenant) === item) this.#open.delete(item.tenant);
      }
      count += 1;
    }
    this.#found -= found;
    return this.#items.splice(0, count);
  }

  async #deliver(deliveries: Deliveries): Promise<boolean> {
    const { redis, keys, lease, epoch, log } = this.#parts;
    const progress = new Map(
      deliveries.items.map((item) => [item.tenant, item.kind === 'covered' ? item.through : item.position]),
    );
    const items = deliveries.items.map((item) => {
      const reach = item.kind === 'covered' ? item.through : item.position;
      return { ...item, timeline: log.timelines.of(item.tenant, reach) };
    });
    const id = `${epoch}-${this.#sequence}`;
    const delivered = await run(
      redis.commands,
      DELIVER,
      [keys.lease, keys.deliveries, keys.progress, keys.alive],
      [
        ...[lease, redis.settings.deliveriesLength, id, encodeDeliveries({ items }, TEXTS)],
        ...[...progress].flat(),
      ],
    );
    return delivered === 1;
  }
}

/** Entries as text: one goes to many gateways. */
const TEXTS = new WeakMap<LogEntry, string>();
