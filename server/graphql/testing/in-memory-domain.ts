import { decodeCursor, encodeCursor } from '../../../schema/cursor.ts';
import { PresageError } from '../../../schema/errors.ts';
import type { Domain } from '../../domain/domain.ts';
import { memoryObservations } from './in-memory/observations.ts';
import { memoryPeers } from './in-memory/peers.ts';
import { memoryConsensus, memoryPredictions, memoryScores } from './in-memory/predictions.ts';
import { MemoryStore } from './in-memory/store.ts';
import { memoryStreams } from './in-memory/streams.ts';

export { ALICE, ALICE_TOKEN } from './in-memory/store.ts';

/** A domain of one tenant in arrays: enough of the rules to see that the API asks and answers right. */
export class InMemoryDomain implements Domain {
  readonly store = new MemoryStore();

  readonly log: Domain['log'] = {
    head: async () => this.store.position,
    cursor: async (tenant, position) => encodeCursor(tenant, position),
    resume: async (tenant, cursor) => decodeCursor(tenant, cursor),
    onCommit: () => () => {},
  };

  readonly streams = memoryStreams(this.store);
  readonly observations = memoryObservations(this.store);
  readonly predictions = memoryPredictions(this.store);
  readonly scores = memoryScores(this.store);
  readonly consensus = memoryConsensus(this.store);
  readonly peers = memoryPeers(this.store);

  readonly lineage: Domain['lineage'] = {
    instances: () => notHere(),
    collectingAt: () => notHere(),
    timeline: () => notHere(),
    gaps: () => notHere(),
  };

  readonly peerRecord: Domain['peerRecord'] = {
    register: () => notHere(),
    offer: () => notHere(),
    openSession: () => notHere(),
    changeStreams: () => notHere(),
    beat: () => notHere(),
    closeSessions: () => notHere(),
  };
  readonly handoffs: Domain['handoffs'] = {
    plan: () => notHere(),
    start: () => notHere(),
    advance: () => notHere(),
    abort: () => notHere(),
    retire: () => notHere(),
    list: () => notHere(),
  };

  readonly buffers: Domain['buffers'] = { query: forbidden, backfill: forbidden };

  readonly tenants: Domain['tenants'] = {
    create: forbidden,
    list: forbidden,
    createJoinCode: forbidden,
    joinCodes: forbidden,
    revokeJoinCode: forbidden,
    members: forbidden,
    change: forbidden,
  };
}

/** Alice is no operator. */
async function forbidden(): Promise<never> {
  throw new PresageError('FORBIDDEN', 'This is for operators.');
}

/** The record is tested over a real database. */
function notHere(): Promise<never> {
  return Promise.reject(new PresageError('NOT_FOUND', 'There is no lineage in this test.'));
}
