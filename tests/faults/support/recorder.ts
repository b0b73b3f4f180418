import { setTimeout as pause } from 'node:timers/promises';
import type { Seen } from '../../../gateway/testing/brute-force.ts';
import { decodeCursor, encodeCursor } from '../../../schema/cursor.ts';
import type { Filter } from '../../../schema/filter/form.ts';
import { Random } from './random.ts';

/** An event as a client gets it, whatever it came over. */
export interface Heard {
  readonly type: string;
  readonly cursor: string;
  readonly id: string | null;
}

interface FeedRequest {
  readonly filter: Filter;
  /** The cursor to resume after; null to begin at the newest position, which `READY` tells. */
  readonly after: string | null;
}

interface FeedListener {
  readonly event: (event: Heard) => void;
  /**
   * The feed is over: `refusal` is the code that the server ended it by, null if the connection was lost. `resumeAfter` is the
   * cursor up to which what was heard is still so, where the server says that some of it is not.
   */
  readonly ended: (refusal: string | null, resumeAfter?: string) => void;
}

/** One connection with one subscription. */
export interface Feed {
  /** Cuts the connection. Nothing is heard of it afterwards. */
  cut(): void;
}

/** Connects and subscribes, over whichever transport. */
export type OpenFeed = (request: FeedRequest, listener: FeedListener) => Feed;

export interface RecorderOptions {
  readonly open: OpenFeed;
  readonly filter: Filter;
  readonly seed: number;
  /** Begins here instead of at the newest position. */
  readonly after?: string;
  /** Longest pause before it connects again, in ms. @default 60 */
  readonly backoffMs?: number;
  /** Whether it goes on at the newest position when it connects again, as if there were no cursors. @default false */
  readonly forgets?: boolean;
  /** @default default */
  readonly tenant?: string;
}

/** Refusals that another attempt would only repeat. */
const FINAL = new Set(['BAD_CURSOR', 'BAD_FILTER', 'BAD_INPUT', 'FORBIDDEN', 'UNAUTHENTICATED']);

/**
 * A client that writes down everything it gets, in the order in which it came. Whenever its connection ends it opens
 * another, and goes on after the last cursor that it has seen: all that the protocol asks of a client.
 */
export class Recorder {
  readonly filter: Filter;
  readonly seen: Seen[] = [];
  /** Codes that the server ended a subscription by. */
  readonly refusals: string[] = [];
  /** Position after which it must have got everything; undefined before it is known. */
  start: number | undefined;
  /** Connections opened so far. */
  connections = 0;
  readonly #options: RecorderOptions;
  readonly #random: Random;
  #after: string | null;
  #feed: Feed | undefined;
  #running = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.filter = options.filter;
    this.#random = new Random(options.seed);
    this.#after = options.after ?? null;
    if (options.after !== undefined) this.start = this.#positionOf(options.after);
  }

  /** The newest position that it has heard of; -1 before it has begun. */
  get position(): number {
    return this.seen.at(-1)?.position ?? this.start ?? -1;
  }

  connect(): this {
    this.#running = true;
    this.#open();
    return this;
  }

  /** Loses the connection, as if a cable had been pulled; it connects again by itself. */
  cut(): void {
    this.#feed?.cut();
    this.#lost(this.#feed);
  }

  /** Cuts the connection and opens no other. */
  stop(): void {
    this.#running = false;
    this.#feed?.cut();
    this.#feed = undefined;
  }

  #open(): void {
    this.connections += 1;
    const request: FeedRequest = { filter: this.filter, after: this.#after };
    let isOver = false;
    const feed: Feed = this.#options.open(request, {
      event: (event) => {
        if (this.#feed === feed) this.#take(event);
      },
      ended: (refusal, resumeAfter) => {
        isOver = true;
        if (refusal !== null) this.refusals.push(refusal);
        if (refusal === 'LOG_TRUNCATED') this.#forgetAfter(resumeAfter ?? encodeCursor(this.#tenant, 0));
        if (refusal !== null && (FINAL.has(refusal) || refusal.startsWith('HTTP 4'))) this.stop();
        else this.#lost(feed);
      },
    });
    if (!isOver) this.#feed = feed;
  }

  #lost(feed: Feed | undefined): void {
    if (!this.#running || feed === undefined || this.#feed !== feed) return;
    this.#feed = undefined;
    const again = async (): Promise<void> => {
      await pause(this.#random.between(0, this.#options.backoffMs ?? 60));
      if (this.#running && this.#feed === undefined) this.#open();
    };
    void again();
  }

  #take({ type, cursor, id }: Heard): void {
    if (!this.#options.forgets) this.#after = cursor;
    const position = this.#positionOf(cursor);
    if (type === 'READY') this.start ??= position;
    else this.seen.push({ type, position, id: id ?? '' });
  }

  /** What it was told after this cursor is no part of the log any more. */
  #forgetAfter(cursor: string): void {
    const position = this.#positionOf(cursor);
    this.#after = cursor;
    const kept = this.seen.filter((event) => event.position <= position);
    this.seen.splice(0, this.seen.length, ...kept);
    if (this.start !== undefined) this.start = Math.min(this.start, position);
  }

  get #tenant(): string {
    return this.#options.tenant ?? 'default';
  }

  #positionOf(cursor: string): number {
    return decodeCursor(this.#tenant, cursor);
  }
}
