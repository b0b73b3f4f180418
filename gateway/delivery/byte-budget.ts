import type { Logger } from '../logger.ts';

/** What has bytes that wait to be written. */
export interface Buffered {
  readonly bufferedBytes: number;
  /** The budget has changed: whoever waits for room may have it. */
  recheck(): void;
}

export interface ByteBudgetSettings {
  /** What may wait for one connection while there is room enough. */
  readonly byteBudget: number;
  /** What may wait for all of them together. */
  readonly totalByteBudget: number;
}

/** What a connection may always have waiting, so that each gets on. */
const LEAST = 16_384;
/** A connection may have this share of what is left of the whole. */
const SHARE_OF_REST = 1 / 16;
/** All connections are looked at whenever this share of the whole was sent since the last time. */
const LOOK_AFTER = 1 / 16;
/** Once budgets were small, they are looked at until no more than this share of the whole is waiting. */
const OVER_BELOW = 1 / 2;
/** Pace of looking while connections have less than their budget, in ms. */
const PACE_MS = 100;

/**
 * What may wait for the connections of a process: each has its budget, and all of them together another. The fuller the
 * whole is, the less each may have, down to a little: who has more waiting leaves live and is fed from the log, and who takes
 * what he is sent goes on. The threshold is a share of what is left, as in switches whose ports share a memory
 * (Choudhury and Hahne, Dynamic Queue Length Thresholds, 1998): so the whole is never used up by those who came first.
 */
export class ByteBudget {
  readonly #settings: ByteBudgetSettings;
  readonly #logger: Pick<Logger, 'warn' | 'info'> | undefined;
  readonly #connections = new Set<Buffered>();
  /** What a connection may have when nothing waits for any. */
  readonly #most: number;
  #perConnection: number;
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(settings: ByteBudgetSettings, logger?: Pick<Logger, 'warn' | 'info'>) {
    this.#settings = settings;
    this.#logger = logger;
    this.#most = this.#shareBeside(0);
    this.#perConnection = this.#most;
  }

  /** Bytes that may wait for one connection now. */
  get perConnection(): number {
    return this.#perConnection;
  }

  add(connection: Buffered): void {
    this.#connections.add(connection);
  }

  remove(connection: Buffered): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#look();
  }

  /** So much was handed to a socket: sockets don't say when they are rid of it. */
  sent(bytes: number): void {
    this.#sent += bytes;
    if (this.#sent > this.#settings.totalByteBudget * LOOK_AFTER) this.#look();
  }

  #look(): void {
    this.#sent = 0;
    let waiting = 0;
    for (const { bufferedBytes } of this.#connections) waiting += bufferedBytes;
    const wasShort = this.#timer !== undefined;
    this.#perConnection = this.#shareBeside(waiting);
    // Said to be over when it is, and not each time that a little was taken.
    const isFull = waiting > this.#settings.totalByteBudget * OVER_BELOW;
    const isShort = this.#perConnection < this.#most || (wasShort && isFull);
    if (isShort && !wasShort) this.#begin(waiting);
    if (!isShort && wasShort) this.#end(waiting);
    if (isShort || wasShort) for (const connection of this.#connections) connection.recheck();
  }

  #shareBeside(waiting: number): number {
    const { byteBudget, totalByteBudget } = this.#settings;
    const share = Math.floor((totalByteBudget - waiting) * SHARE_OF_REST);
    return Math.min(byteBudget, Math.max(LEAST, share));
  }

  #begin(waiting: number): void {
    this.#timer = setInterval(() => this.#look(), PACE_MS);
    this.#timer.unref();
    const { size: connections } = this.#connections;
    this.#logger?.warn({ waiting, connections }, 'much waits for slow clients: each may have less waiting');
  }

  #end(waiting: number): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#logger?.info({ waiting }, 'clients have taken what waited for them');
  }
}
