import { parseDecimal } from '../../schema/decimal.ts';
import type { ObservationLinkFragment } from '../../schema/generated/graphql.ts';
import { followsChain } from '../../schema/hash-chain.ts';
import type { Position } from '../../schema/log-entry.ts';
import { parseTime } from '../../schema/time.ts';
import type { Logger } from '../logger.ts';
import type { ObservationRow } from '../storage/observation-rows.ts';
import { isServerUuid } from '../storage/server-uuid.ts';
import type { Store } from '../storage/store.ts';
import type { ObservationEvent } from './server.ts';

/** Entries stored in one transaction at most: each may be on a page of its own, and none is worth a pause. */
export const STORE_BATCH = 50;

/** Reads what came over the wire; `undefined` if it can't be an observation. */
function readRow(link: ObservationLinkFragment): ObservationRow | undefined {
  const value = parseDecimal(link.value);
  const observedAt = parseTime(link.observedAt);
  if (value === undefined || observedAt === undefined || !Number.isSafeInteger(link.position))
    return undefined;
  const { position, hash, provider, revision } = link;
  return { position, observedAt, value, hash, provider, revision, retracted: link.retracted ? 1 : 0 };
}

/** An entry does not follow the one before it: nothing of its batch was stored. */
export class ChainBroken extends Error {
  override readonly name = 'ChainBroken';
  /** Local id of the stream. */
  readonly stream: number;
  readonly position: Position;

  constructor(stream: number, link: ObservationLinkFragment) {
    super(`The entry at ${link.position} does not follow the hash chain of "${link.stream.name}".`);
    this.stream = stream;
    this.position = link.position;
  }
}

/** What to do with an entry that does not follow the chain of a stream (local id): throw, or take it as the server has it, marked. */
export type OnBreak = (stream: number) => 'throw' | 'mark';

export const MARK: OnBreak = () => 'mark';
const THROW: OnBreak = () => 'throw';

/**
 * Stores events of the log in order, each checked against its stream's chain, and their cursor: all in one
 * transaction, so what is stored and where the log is resumed from can't disagree. Gives the local ids of the
 * streams that grew. Throws `ChainBroken`, with nothing stored.
 */
export function storeEvents(
  store: Store,
  events: readonly ObservationEvent[],
  logger: Logger,
  onBreak = THROW,
): Set<number> {
  return store.transaction(() => {
    const grown = storeLinks(store, events, logger, onBreak);
    const last = events.at(-1);
    if (last) store.state.set('cursor', last.cursor);
    if (last?.observation) store.state.set('position', String(last.observation.position));
    return grown;
  });
}

/** The same without the cursor: events of one stream, fetched again. To be called in a transaction. */
export function storeLinks(
  store: Store,
  events: readonly ObservationEvent[],
  logger: Logger,
  onBreak: OnBreak,
): Set<number> {
  const grown = new Set<number>();
  for (const { observation } of events) {
    const stream = observation ? storeLink(store, observation, logger, onBreak) : undefined;
    if (stream !== undefined) grown.add(stream);
  }
  return grown;
}

function storeLink(
  store: Store,
  link: ObservationLinkFragment,
  logger: Logger,
  onBreak: OnBreak,
): number | undefined {
  const { uuid, serverId, name } = link.stream;
  if (!isServerUuid(uuid)) {
    logger.error({ uuid, stream: name }, 'an observation was refused: its stream has no uuid of version 4');
    return undefined;
  }
  const stream = store.streams.find(uuid);
  const id = stream?.id ?? store.streams.add(uuid, serverId, name);
  // Entries come again when the log is followed from its beginning for another set of streams.
  if (stream && link.position <= stream.lastPosition) return undefined;
  const row = readRow(link);
  const follows = row !== undefined && followsChain(stream?.chainHash ?? '', row);
  if (!follows) {
    if (stream && onBreak(id) === 'throw') throw new ChainBroken(id, link);
    store.streams.markBreak(id, link.position);
    logger.error(
      { stream: name, uuid, position: link.position, hash: link.hash, readable: row !== undefined },
      'the hash chain of a stream is broken at the server: this entry does not follow the one before it',
    );
  }
  // After a break the chain goes on from the server's hash, so that one break is not reported for ever.
  store.streams.advance(id, link.position, link.hash, row ? 1 : 0);
  if (!row) return undefined;
  store.observations.add(id, row, follows ? 0 : 1);
  return id;
}
