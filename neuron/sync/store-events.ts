import { parseDecimal } from '../../schema/decimal.ts';
import type { ObservationLinkFragment } from '../../schema/generated/graphql.ts';
import { followsChain } from '../../schema/hash-chain.ts';
import { parseTime } from '../../schema/time.ts';
import type { Logger } from '../logger.ts';
import type { ObservationRow } from '../storage/observation-rows.ts';
import { isServerUuid } from '../storage/server-uuid.ts';
import type { Store } from '../storage/store.ts';
import type { ObservationEvent } from './server.ts';

/** Reads what came over the wire; `undefined` if it can't be an observation. */
function readRow(link: ObservationLinkFragment): ObservationRow | undefined {
  const value = parseDecimal(link.value);
  const observedAt = parseTime(link.observedAt);
  if (value === undefined || observedAt === undefined || !Number.isSafeInteger(link.position))
    return undefined;
  const { position, hash, provider, revision } = link;
  return { position, observedAt, value, hash, provider, revision, retracted: link.retracted ? 1 : 0 };
}

/**
 * Stores events of the log in order, each checked against its stream's chain, and their cursor: all in one
 * transaction, so what is stored and where the log is resumed from can't disagree. Gives the local ids of the
 * streams that grew.
 */
export function storeEvents(store: Store, events: readonly ObservationEvent[], logger: Logger): Set<number> {
  return store.transaction(() => {
    const grown = new Set<number>();
    for (const { observation } of events) {
      const stream = observation ? storeLink(store, observation, logger) : undefined;
      if (stream !== undefined) grown.add(stream);
    }
    const last = events.at(-1);
    if (last) store.state.set('cursor', last.cursor);
    if (last?.observation) store.state.set('position', String(last.observation.position));
    return grown;
  });
}

function storeLink(store: Store, link: ObservationLinkFragment, logger: Logger): number | undefined {
  const { uuid, serverId, name } = link.stream;
  if (!isServerUuid(uuid)) {
    logger.error({ uuid, name }, 'an observation was refused: its stream has no uuid of version 4');
    return undefined;
  }
  const stream = store.streams.find(uuid);
  const id = stream?.id ?? store.streams.add(uuid, serverId, name);
  // Entries come again when the log is followed from its beginning for another set of streams.
  if (stream && link.position <= stream.lastPosition) return undefined;
  const row = readRow(link);
  if (!row || !followsChain(stream?.chainHash ?? '', row)) {
    store.streams.markBreak(id, link.position);
    logger.error(
      { stream: name, uuid, position: link.position, hash: link.hash, readable: row !== undefined },
      'the hash chain of a stream is broken: this entry does not follow the one before it',
    );
  }
  // After a break the chain goes on from the server's hash, so that one break is not reported for ever.
  store.streams.advance(id, link.position, link.hash, row ? 1 : 0);
  if (!row) return undefined;
  store.observations.add(id, row);
  return id;
}
