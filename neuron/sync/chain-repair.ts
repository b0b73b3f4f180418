import { setImmediate as nextTurn } from 'node:timers/promises';
import { encodeCursor } from '../../schema/cursor.ts';
import { NewestPositionDocument } from '../../schema/generated/graphql.ts';
import { followsChain } from '../../schema/hash-chain.ts';
import type { Position } from '../../schema/log-entry.ts';
import type { Logger } from '../logger.ts';
import type { Store } from '../storage/store.ts';
import type { StreamRow } from '../storage/stream-rows.ts';
import { Inbox } from './inbox.ts';
import type { ObservationEvent, Server } from './server.ts';
import { MARK, type OnBreak, STORE_BATCH, storeLinks } from './store-events.ts';

/** So many repairs in so many ms that mended nothing, and a stream's breaks are marked as they come: its server has them. */
const MOST_FUTILE = 3;
const FUTILE_MS = 600_000;
/** Links that are verified in one turn of the event loop. */
const LINKS = 1_000;

interface ChainRepairOptions {
  readonly store: Store;
  readonly server: Server;
  readonly tenant: string;
  readonly logger: Logger;
  /** Rows of this stream (local id) that were there before are others now. */
  readonly rewritten: (stream: number) => void;
}

/**
 * Mends a stream whose next entry did not follow the chain: goes back to its last good row, and fetches what comes
 * after it once more. What is wrong here is right then. What is still wrong is so at the server: it is marked, and
 * the chain goes on from it.
 */
export class ChainRepair {
  readonly #options: ChainRepairOptions;
  /** When repairs mended nothing, by stream (local id), the newest last. */
  readonly #futile = new Map<number, readonly number[]>();

  constructor(options: ChainRepairOptions) {
    this.#options = options;
  }

  /** A repair is worth it, unless several of the stream mended nothing lately: each costs two connections. */
  readonly onBreak: OnBreak = (stream) =>
    this.#futileLately(stream).length < MOST_FUTILE ? 'throw' : 'mark';

  #futileLately(stream: number): readonly number[] {
    const since = Date.now() - FUTILE_MS;
    return (this.#futile.get(stream) ?? []).filter((at) => at > since);
  }

  /** Takes back what follows the last good row, and remembers that it is missing. */
  async begin(stream: number, brokenAt: Position): Promise<void> {
    const { store, logger, rewritten } = this.#options;
    const row = store.streams.get(stream);
    if (!row) return;
    const good = await this.#lastGood(row);
    store.transaction(() => {
      const removed = store.observations.removeAfter(stream, good.position);
      const until = Math.max(brokenAt, row.lastPosition);
      store.streams.rewind(stream, { ...good, removed, until });
    });
    rewritten(stream);
    logger.warn(
      { stream: row.name, uuid: row.uuid, brokenAt, lastGood: good.position },
      'the hash chain of a stream is broken; it is fetched again from its last good row',
    );
  }

  /** Fetches whatever is missing, also of a repair that was cut off. Throws what `Server.follow` throws. */
  async finish(signal: AbortSignal): Promise<void> {
    for (const row of this.#options.store.streams.list()) {
      if (row.repairUntil !== null && !signal.aborted) await this.#refetch(row, row.repairUntil, signal);
    }
  }

  async #lastGood(stream: StreamRow): Promise<{ readonly position: Position; readonly hash: string }> {
    let good = { position: 0, hash: stream.anchorHash };
    for (;;) {
      const links = this.#options.store.observations.links(stream.id, good.position, LINKS);
      for (const link of links) {
        if (link.breaks === 0 && !followsChain(good.hash, link)) return good;
        good = { position: link.position, hash: link.hash };
      }
      if (links.length < LINKS) return good;
      await nextTurn();
    }
  }

  /** Up to what there is by now: a chain that is broken all over is gone through once, not once a break. */
  async #refetch(stream: StreamRow, least: Position, signal: AbortSignal): Promise<void> {
    const { store, server, tenant, logger, rewritten } = this.#options;
    const where = { stream: { uuid: { eq: stream.uuid } } };
    const { observations } = await server.request(NewestPositionDocument, { where });
    const until = Math.max(least, observations.edges[0]?.node.position ?? 0);
    const reached = new AbortController();
    let failure: unknown;
    const inbox = new Inbox<ObservationEvent>(
      STORE_BATCH,
      (events) => {
        store.transaction(() => storeLinks(store, events, logger, MARK));
        const position = events.at(-1)?.observation?.position ?? 0;
        if (position >= until) reached.abort();
      },
      (error) => {
        failure = error;
        reached.abort();
      },
    );
    const variables = { where, after: encodeCursor(tenant, stream.lastPosition) };
    const onEvent = (event: ObservationEvent) =>
      event.type === 'READY' || reached.signal.aborted ? undefined : inbox.push(event);
    await server.follow(variables, onEvent, AbortSignal.any([signal, reached.signal]));
    inbox.discard();
    if (failure !== undefined) throw failure;
    if (signal.aborted) return;
    const healed = store.streams.get(stream.id)?.chainBreaks === stream.chainBreaks;
    store.streams.repaired(stream.id, healed);
    if (!healed) this.#futile.set(stream.id, [...this.#futileLately(stream.id), Date.now()]);
    rewritten(stream.id);
    const facts = { stream: stream.name, uuid: stream.uuid, from: stream.lastPosition, until };
    if (healed) logger.warn(facts, 'the hash chain of a stream is whole again');
    else logger.error(facts, 'the hash chain of a stream could not be mended: the server has it broken');
  }
}
