import { encodeCursor } from '../../schema/cursor.ts';
import { NewestPositionDocument, type StreamWhere } from '../../schema/generated/graphql.ts';
import type { Position } from '../../schema/log-entry.ts';
import { Backoff, type BackoffBounds, pause } from '../backoff.ts';
import { messageOf, NeuronError, storeTrouble } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Store } from '../storage/store.ts';
import { ChainRepair } from './chain-repair.ts';
import { type Following, followedStreams, followedText } from './followed.ts';
import { Inbox } from './inbox.ts';
import { recallLost } from './lost-predictions.ts';
import type { ObservationEvent, Server } from './server.ts';
import { isRefusal } from './server-errors.ts';
import { ChainBroken, STORE_BATCH, storeEvents } from './store-events.ts';
import type { StreamFactsSync } from './stream-facts.ts';
import { takeBack } from './truncation.ts';

/** What the feed tells of as it happens. */
interface FeedListener {
  /** The connection is made and the log is being followed; entries up to `target` are history. */
  following(target: Position): void;
  /** Entries were stored; these streams (local ids) grew. */
  stored(streams: ReadonlySet<number>, newest: Position): void;
  /** Everything up to the target is stored: what comes from now on is news. */
  caughtUp(): void;
  disconnected(error: unknown): void;
  /** Rows of this stream (local id) that were there before are others now: its chain was mended. */
  rewritten(stream: number): void;
  /** Predictions have gone back to the outbox. */
  reopened(): void;
}

interface FeedOptions {
  readonly store: Store;
  readonly server: Server;
  readonly facts: StreamFactsSync;
  readonly tenant: string;
  /** The neuron's own public key. */
  readonly peer: string;
  readonly following: Following;
  /** Facts about streams are fetched again after so many ms. */
  readonly factsMaxAgeMs: number;
  readonly backoff: BackoffBounds;
  readonly listener: FeedListener;
  readonly logger: Logger;
}

/**
 * Brings the log into the store, for as long as it runs: follows from the stored cursor, and after every disconnect
 * comes back to it. Entries that were sent but not stored are sent again, those that were stored are not.
 */
export class Feed {
  readonly #options: FeedOptions;
  readonly #where: StreamWhere | undefined;
  readonly #backoff: Backoff;
  readonly #repair: ChainRepair;
  #describing: Promise<void> | undefined;
  #recalling: Promise<void> | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#where = followedStreams(options.following);
    this.#backoff = new Backoff(options.backoff);
    const { store, server, tenant, logger, listener } = options;
    const rewritten = (stream: number) => listener.rewritten(stream);
    this.#repair = new ChainRepair({ store, server, tenant, logger, rewritten });
  }

  /** Runs until `signal` is aborted. Throws `NeuronError` for what no reconnect can heal. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#follow(signal);
    } finally {
      await Promise.all([this.#describing, this.#recalling]);
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#rewindIfFollowingOthers();
        await this.#connect(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof NeuronError) throw error;
        if (error instanceof ChainBroken && (await this.#takeBack(error))) continue;
        if (isRefusal(error, 'LOG_TRUNCATED')) {
          const { store, tenant, logger, listener } = this.#options;
          takeBack(error, { store, tenant, logger, rewritten: (stream) => listener.rewritten(stream) });
          listener.reopened();
          continue;
        }
        if (isRefusal(error, 'BAD_CURSOR')) throw cursorRefused(error);
        const pauseMs = this.#backoff.next();
        this.#options.listener.disconnected(error);
        this.#options.logger.warn(
          { error: messageOf(error), pauseMs: Math.round(pauseMs) },
          storeTrouble(error)
            ? 'what came could not be stored; it is asked for again'
            : 'the server is not followed; that is tried again',
        );
        await pause(pauseMs, signal);
      }
    }
  }

  /** Prepares the repair of a broken chain; false if that failed, too, and has to be tried again later. */
  async #takeBack({ stream, position }: ChainBroken): Promise<boolean> {
    try {
      await this.#repair.begin(stream, position);
      return true;
    } catch (error) {
      this.#options.logger.warn({ error: messageOf(error) }, 'the repair of a hash chain could not begin');
      return false;
    }
  }

  /**
   * The cursor says how far the log was read for the streams followed then. For other streams it would skip their
   * history, so the log is read from its beginning; what is stored already is passed over.
   */
  #rewindIfFollowingOthers(): void {
    const { store, following } = this.#options;
    const followed = followedText(following);
    if (store.state.get('followed') === followed) return;
    store.transaction(() => {
      store.state.remove('cursor');
      store.state.remove('position');
      store.state.set('followed', followed);
    });
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const { store, server, facts, tenant, listener } = this.#options;
    await facts.recognise();
    await facts.refresh(this.#where, this.#options.following.streams);
    await this.#repair.finish(signal);
    const target = await this.#newestPosition();
    if (signal.aborted) return;
    const after = store.state.get('cursor') ?? encodeCursor(tenant, 0);
    const connection = new AbortController();
    let failure: unknown;
    const catchUp = new CatchUp(target, Number(store.state.get('position') ?? 0), () => {
      listener.caughtUp();
      this.#recall();
    });
    const inbox = new Inbox<ObservationEvent>(
      STORE_BATCH,
      (events) => this.#store(events, catchUp),
      (error) => {
        failure = error;
        connection.abort();
      },
    );
    const onEvent = (event: ObservationEvent) => {
      if (event.type === 'READY') {
        this.#backoff.reset();
        listener.following(target);
        catchUp.check();
        return undefined;
      }
      return inbox.push(event);
    };
    const refreshing = setInterval(() => this.#refreshFacts(), this.#options.factsMaxAgeMs);
    try {
      const where = this.#where && { stream: this.#where };
      const variables = { after, ...(where && { where }) };
      await server.follow(variables, onEvent, AbortSignal.any([signal, connection.signal]));
    } finally {
      clearInterval(refreshing);
      // Whether stopped or cut off: what has arrived is worth keeping, unless storing is what failed.
      if (failure === undefined) inbox.flush();
      inbox.discard();
    }
    if (failure !== undefined) throw failure;
  }

  #store(events: readonly ObservationEvent[], catchUp: CatchUp): void {
    const { store, listener, facts, logger } = this.#options;
    const streams = storeEvents(store, events, logger, this.#repair.onBreak);
    const newest = events.findLast((event) => event.observation)?.observation?.position;
    if (newest !== undefined) {
      listener.stored(streams, newest);
      catchUp.reached(newest);
    }
    if (store.streams.unsynced().length > 0) this.#describe(() => facts.describeNew());
  }

  /** Predictions whose targets have come are of no use any more, so this waits for the history. */
  #recall(): void {
    const { store, server, peer, logger, listener } = this.#options;
    this.#recalling = recallLost({ store, server, peer, logger })
      .then((reopened) => {
        if (reopened > 0) listener.reopened();
      })
      .catch((error: unknown) => {
        logger.warn({ error: messageOf(error) }, 'the server was not asked whether it has all predictions');
      });
  }

  #refreshFacts(): void {
    const { facts, following } = this.#options;
    this.#describe(() => facts.refresh(this.#where, following.streams));
  }

  /** Asks about streams while the log is followed, one question at a time. */
  #describe(ask: () => Promise<void>): void {
    this.#describing ??= ask()
      .catch((error: unknown) => {
        this.#options.logger.warn({ error: messageOf(error) }, 'streams could not be described yet');
      })
      .finally(() => {
        this.#describing = undefined;
      });
  }

  /** Where the followed part of the log ends at this moment, 0 if it is empty. */
  async #newestPosition(): Promise<Position> {
    const where = this.#where && { stream: this.#where };
    const { observations } = await this.#options.server.request(
      NewestPositionDocument,
      where ? { where } : {},
    );
    return observations.edges[0]?.node.position ?? 0;
  }
}

/** Tells, once a connection, that history is over. */
class CatchUp {
  readonly #target: Position;
  readonly #onDone: () => void;
  #newest: Position;
  #done = false;

  constructor(target: Position, newest: Position, onDone: () => void) {
    this.#target = target;
    this.#newest = newest;
    this.#onDone = onDone;
  }

  reached(newest: Position): void {
    this.#newest = newest;
    this.check();
  }

  check(): void {
    if (this.#done || this.#newest < this.#target) return;
    this.#done = true;
    this.#onDone();
  }
}

function cursorRefused(cause: Error): NeuronError {
  return new NeuronError(
    'CURSOR_REFUSED',
    `The server does not accept the cursor that this neuron stored (${cause.message}). Its data was reset, or it is another server or tenant. Correct the configuration, or start with an empty data directory.`,
    { cause },
  );
}
