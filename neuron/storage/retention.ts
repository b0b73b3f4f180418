import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Store } from './store.ts';

/** How often what has become old is looked for, ms. */
const EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Rows deleted in one transaction: the event loop goes on between two. */
const SLICE = 250;

export interface RetentionOptions {
  readonly store: Store;
  /** 0 keeps everything. */
  readonly days: number;
  /** Newest rows of a stream that stay whatever their age: its forecasts are made from them. */
  readonly keepRows: number;
  readonly vacuum: boolean;
  readonly logger: Logger;
  readonly now?: () => number;
}

/** Deletes what is older than it should be, little by little, and gives the space back. */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  start(): void {
    if (this.#options.days === 0) return;
    this.#timer = setInterval(() => this.#begin(), EVERY_MS);
    this.#begin();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  /** Deletes everything that is old by now. */
  async run(): Promise<{ readonly observations: number; readonly predictions: number }> {
    const { store, days, keepRows } = this.#options;
    const before = this.#now() - days * DAY_MS;
    let observations = 0;
    for (const { id } of store.streams.list()) {
      const upTo = store.retention.lastToGo(id, before, keepRows);
      if (upTo !== null) observations += await this.#trim(id, upTo);
    }
    let predictions = 0;
    for (let removed = SLICE; removed === SLICE && !this.#stopped; await nextTurn()) {
      removed = store.transaction(() => store.retention.trimPredictions(before, SLICE));
      predictions += removed;
    }
    if (this.#options.vacuum) while (!this.#stopped && store.retention.vacuum()) await nextTurn();
    return { observations, predictions };
  }

  async #trim(stream: number, upTo: number): Promise<number> {
    const { store } = this.#options;
    let total = 0;
    while (!this.#stopped) {
      const trimmed = store.transaction(() => {
        const slice = store.retention.trim(stream, upTo, SLICE);
        if (slice) store.streams.trimmed(stream, slice.hash, slice.removed);
        return slice;
      });
      if (!trimmed) break;
      total += trimmed.removed;
      await nextTurn();
    }
    return total;
  }

  #begin(): void {
    const { logger } = this.#options;
    this.#running ??= this.run()
      .then((gone) => {
        if (gone.observations + gone.predictions > 0) logger.info(gone, 'what was old was deleted');
      })
      .catch((error: unknown) => {
        logger.warn({ error: messageOf(error) }, 'what is old could not be deleted; it is tried again later');
      })
      .finally(() => {
        this.#running = undefined;
      });
  }
}
