import { randomUUID } from 'node:crypto';
import { parseDecimal } from '../../../schema/decimal.ts';
import { type ItemError, PresageError } from '../../../schema/errors.ts';
import { GENESIS, linkHash } from '../../../schema/hash-chain.ts';
import type {
  ConsensusDocument,
  ObservationDocument,
  PeerDocument,
  PredictionDocument,
  ScoreDocument,
  StreamDocument,
} from '../../../schema/log-entry.ts';
import { parseTime } from '../../../schema/time.ts';
import type {
  Actor,
  Domain,
  NewObservation,
  ObservationRef,
  Page,
  PageRequest,
} from '../../domain/domain.ts';
import { matches } from './match.ts';

/** A public key of the right form. */
export const ALICE = 'A'.repeat(43);
/** What `verify` takes for Alice's token. */
export const ALICE_TOKEN = 'token-of-alice';

/** A domain of one tenant in arrays: enough of the rules to see that the API asks and answers right. */
export class InMemoryDomain implements Domain {
  readonly alice: PeerDocument = { id: 1, publicKey: ALICE, name: 'alice', role: 'PEER', createdAt: 0 };
  readonly storedStreams: StreamDocument[] = [];
  readonly storedObservations: ObservationDocument[] = [];
  readonly storedConsensus: ConsensusDocument[] = [];
  readonly storedPredictions: PredictionDocument[] = [];
  /** Names of the methods that were called. */
  readonly calls: string[] = [];
  #position = 0;

  readonly log: Domain['log'] = {
    head: async () => this.#position,
    onCommit: () => () => {},
  };

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

  readonly streams: Domain['streams'] = {
    create: async ({ peer }, input) => {
      if (this.storedStreams.some(({ name }) => name === input.name)) {
        throw new PresageError('CONFLICT', `There is a stream "${input.name}" already.`);
      }
      const stream: StreamDocument = {
        serverId: this.storedStreams.length + 1,
        uuid: randomUUID(),
        name: input.name,
        author: peer.publicKey,
        secondary: input.secondary ?? null,
        target: input.target ?? null,
        meta: input.meta ?? null,
        description: input.description ?? null,
        tags: input.tags ?? [],
        cadenceSeconds: input.cadenceSeconds ?? null,
        createdAt: 1_700_000_000_000,
        archivedAt: null,
      };
      this.storedStreams.push(stream);
      return stream;
    },
    archive: async (_actor, uuid) => {
      const index = this.storedStreams.findIndex((stream) => stream.uuid === uuid);
      const stream = this.storedStreams[index];
      if (!stream) throw new PresageError('NOT_FOUND', `There is no stream ${uuid}.`);
      const archived = { ...stream, archivedAt: 1_700_000_000_000 };
      this.storedStreams.splice(index, 1, archived);
      return archived;
    },
    find: async (_tenant, by) =>
      this.storedStreams.find((stream) => ('uuid' in by ? stream.uuid === by.uuid : stream.name === by.name)),
    list: async (_tenant, filter, page) =>
      pageOf(
        this.storedStreams.filter((stream) => matches(filter, { stream })),
        ({ serverId }) => serverId,
        page,
      ),
    changedSince: async () => ({ streams: this.storedStreams, position: this.#position, hasMore: false }),
  };

  readonly observations: Domain['observations'] = {
    publish: async (_actor, items) => {
      this.calls.push('publish');
      const errors: ItemError[] = [];
      const before = this.#position;
      const observations = items.map((item, index) => {
        const outcome = this.#append(item);
        if (!('code' in outcome)) return outcome;
        errors.push({ index, code: outcome.code, message: `Item ${index}: ${outcome.code}` });
        return null;
      });
      return {
        successful: this.#position - before,
        duplicates: 0,
        failed: errors.length,
        observations,
        position: this.#position,
        errors,
      };
    },
    correct: async (_actor, ref, value) => {
      const old = this.#find(ref);
      const exact = parseDecimal(value);
      if (!old) throw new PresageError('NOT_FOUND', 'There is no such observation.');
      if (exact === undefined) throw new PresageError('BAD_INPUT', `"${value}" is no decimal.`);
      const corrected = { ...old, value: exact, revision: old.revision + 1, position: ++this.#position };
      this.storedObservations.splice(this.storedObservations.indexOf(old), 1, corrected);
      return corrected;
    },
    retract: async (_actor, ref) => {
      const old = this.#find(ref);
      if (old) this.storedObservations.splice(this.storedObservations.indexOf(old), 1);
      return old !== undefined;
    },
    find: async (_tenant, ref) => this.#find(ref),
    list: async (_tenant, filter, page) => {
      this.calls.push('list');
      const found = this.storedObservations.filter((one) => matches(filter, one));
      return pageOf(found, ({ position }) => position, page);
    },
    latest: async (_tenant, filter, limit) =>
      this.storedStreams
        .filter((stream) => matches(filter, { stream }))
        .flatMap(({ serverId }) => this.#latest(serverId) ?? [])
        .slice(0, limit),
    latestOf: async (_tenant, streams) => {
      this.calls.push('latestOf');
      return new Map(streams.flatMap((id) => [[id, this.#latest(id)] as const].filter(hasValue)));
    },
    verifyChain: async (_tenant, uuid) => {
      if (!this.storedStreams.some((stream) => stream.uuid === uuid)) {
        throw new PresageError('NOT_FOUND', `There is no stream ${uuid}.`);
      }
      const chain = this.storedObservations.filter(({ stream }) => stream.uuid === uuid);
      return { ok: true, checked: chain.length, head: chain.at(-1)?.hash ?? null, firstBad: null };
    },
  };

  readonly predictions: Domain['predictions'] = {
    submit: async ({ peer }, items) => {
      const predictions = items.map(({ baseHash, value, horizon }) => {
        const base = this.storedObservations.find(({ hash }) => hash === baseHash);
        const exact = parseDecimal(value);
        if (!base || exact === undefined) return null;
        const id = ++this.#position;
        this.storedPredictions.push({
          id,
          position: id,
          stream: base.stream,
          peer,
          base,
          horizon: horizon ?? 1,
          value: exact,
          quantiles: [],
          submittedAt: 0,
          revision: 0,
        });
        return id;
      });
      const errors = predictions.flatMap((id, index) =>
        id === null ? [{ index, code: 'UNKNOWN_BASE' as const, message: 'There is no such base.' }] : [],
      );
      const failed = errors.length;
      return { successful: items.length - failed, duplicates: 0, failed, predictions, errors };
    },
    find: async (_tenant, id) => this.storedPredictions.find((prediction) => prediction.id === id),
    list: async (_tenant, filter, page) =>
      pageOf(
        this.storedPredictions.filter((one) => matches(filter, one)),
        ({ position }) => position,
        page,
      ),
  };

  /** Scores by the id of the prediction, as the test puts them there. */
  readonly storedScores = new Map<number, ScoreDocument>();

  readonly scores: Domain['scores'] = {
    ofPredictions: async (_tenant, ids) => {
      this.calls.push('ofPredictions');
      return new Map(ids.flatMap((id) => [[id, this.storedScores.get(id)] as const].filter(hasValue)));
    },
    leaderboard: async (_tenant, { window }) => [
      {
        ...{ rank: 1, peer: this.alice, skill: 0.5, shrunkSkill: 0.25, meanScaledError: 0.8 },
        ...{ scored: window, missed: 0, weight: 1 },
      },
    ],
  };

  readonly consensus: Domain['consensus'] = {
    of: async (_tenant, streams) => {
      this.calls.push('consensus');
      const wanted = this.storedConsensus.filter(({ stream }) => streams.includes(stream.serverId));
      return new Map(wanted.map((one) => [one.stream.serverId, one]));
    },
  };

  readonly peers: Domain['peers'] = {
    challenge: async () => ({ challenge: 'sign me', expiresAt: 1_700_000_000_000 }),
    authenticate: async () => this.#session(),
    refresh: async () => this.#session(),
    verify: async (token) => {
      if (token !== ALICE_TOKEN)
        throw new PresageError('UNAUTHENTICATED', 'This is no token of this server.');
      return { actor: this.actor, expiresAt: Date.now() + 60_000 };
    },
    find: async (_tenant, publicKey) => (publicKey === ALICE ? this.alice : undefined),
    standing: async (_tenant, publicKey) =>
      publicKey === ALICE ? { peer: this.alice, limits: LIMITS, installation: false } : undefined,
    hear: () => undefined,
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

  get actor(): Actor {
    return { tenant: 'default', peer: this.alice };
  }

  #session() {
    return { accessToken: ALICE_TOKEN, refreshToken: 'next', expiresIn: 900, peer: this.alice };
  }

  #append(item: NewObservation): ObservationRef | { code: 'UNKNOWN_STREAM' | 'BAD_VALUE' | 'BAD_TIME' } {
    const stream = this.storedStreams.find(
      ({ uuid, name }) => uuid === item.streamUuid || name === item.streamName,
    );
    const value = parseDecimal(item.value);
    const observedAt = item.observedAt == null ? Date.now() : parseTime(item.observedAt);
    if (!stream) return { code: 'UNKNOWN_STREAM' };
    if (value === undefined) return { code: 'BAD_VALUE' };
    if (observedAt === undefined) return { code: 'BAD_TIME' };
    const previous = this.storedObservations.findLast((one) => one.stream === stream)?.hash ?? GENESIS;
    this.storedObservations.push({
      stream,
      position: ++this.#position,
      value,
      observedAt,
      ts: 1_700_000_000_000,
      hash: linkHash(previous, observedAt, value),
      provider: item.provider ?? 'api',
      revision: 0,
      retracted: false,
    });
    return { streamServerId: stream.serverId, observedAt };
  }

  #find({ streamServerId, observedAt }: ObservationRef): ObservationDocument | undefined {
    return this.storedObservations.find(
      (one) => one.stream.serverId === streamServerId && one.observedAt === observedAt,
    );
  }

  #latest(serverId: number): ObservationDocument | undefined {
    return this.storedObservations
      .filter(({ stream }) => stream.serverId === serverId)
      .reduce<ObservationDocument | undefined>(
        (newest, one) => (newest && newest.observedAt >= one.observedAt ? newest : one),
        undefined,
      );
  }
}

const LIMITS = { observationsPerMinute: 1_000, predictionsPerMinute: 1_000, streams: 10 };

/** Alice is no operator. */
async function forbidden(): Promise<never> {
  throw new PresageError('FORBIDDEN', 'This is for operators.');
}

function hasValue<K, V>(entry: readonly [K, V | undefined]): entry is readonly [K, V] {
  return entry[1] !== undefined;
}

function pageOf<T>(all: readonly T[], positionOf: (item: T) => number, page: PageRequest): Page<T> {
  const items = all
    .map((node) => ({ position: positionOf(node), node }))
    .filter(({ position }) => position > (page.after ?? 0) && position < (page.before ?? Infinity));
  const shown = page.backward ? items.slice(-page.limit) : items.slice(0, page.limit);
  const more = shown.length < items.length;
  return {
    items: shown,
    hasNextPage: page.backward ? page.before !== undefined : more,
    hasPreviousPage: page.backward ? more : page.after !== undefined,
  };
}

/** The record is tested over a real database. */
function notHere(): Promise<never> {
  return Promise.reject(new PresageError('NOT_FOUND', 'There is no lineage in this test.'));
}
