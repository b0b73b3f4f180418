import { parseDecimal } from '../../../../schema/decimal.ts';
import { type ItemError, PresageError } from '../../../../schema/errors.ts';
import { GENESIS, linkHash } from '../../../../schema/hash-chain.ts';
import type { ObservationDocument } from '../../../../schema/log-entry.ts';
import { parseTime } from '../../../../schema/time.ts';
import type { Domain } from '../../../domain/domain.ts';
import type { NewObservation, ObservationRef } from '../../../domain/observation/observations.ts';
import { matches } from '../match.ts';
import { pageOf } from './page.ts';
import { hasValue, type MemoryStore } from './store.ts';

export function memoryObservations(store: MemoryStore): Domain['observations'] {
  return {
    publish: async (_actor, items) => {
      store.calls.push('publish');
      const errors: ItemError[] = [];
      const before = store.position;
      const observations = items.map((item, index) => {
        const outcome = append(store, item);
        if (!('code' in outcome)) return outcome;
        errors.push({ index, code: outcome.code, message: `Item ${index}: ${outcome.code}` });
        return null;
      });
      return {
        successful: store.position - before,
        duplicates: 0,
        failed: errors.length,
        observations,
        position: store.position,
        errors,
      };
    },
    correct: async (_actor, ref, value) => {
      const old = find(store, ref);
      const exact = parseDecimal(value);
      if (!old) throw new PresageError('NOT_FOUND', 'There is no such observation.');
      if (exact === undefined) throw new PresageError('BAD_INPUT', `"${value}" is no decimal.`);
      const corrected = { ...old, value: exact, revision: old.revision + 1, position: ++store.position };
      store.observations.splice(store.observations.indexOf(old), 1, corrected);
      return corrected;
    },
    retract: async (_actor, ref) => {
      const old = find(store, ref);
      if (old) store.observations.splice(store.observations.indexOf(old), 1);
      return old !== undefined;
    },
    find: async (_tenant, ref) => find(store, ref),
    list: async (_tenant, filter, page) => {
      store.calls.push('list');
      const found = store.observations.filter((one) => matches(filter, one));
      return pageOf(found, ({ position }) => position, page);
    },
    latest: async (_tenant, filter, limit) =>
      store.streams
        .filter((stream) => matches(filter, { stream }))
        .flatMap(({ serverId }) => latestOf(store, serverId) ?? [])
        .slice(0, limit),
    latestOf: async (_tenant, streams) => {
      store.calls.push('latestOf');
      return new Map(streams.flatMap((id) => [[id, latestOf(store, id)] as const].filter(hasValue)));
    },
    verifyChain: async (_tenant, uuid) => {
      if (!store.streams.some((stream) => stream.uuid === uuid)) {
        throw new PresageError('NOT_FOUND', `There is no stream ${uuid}.`);
      }
      const chain = store.observations.filter(({ stream }) => stream.uuid === uuid);
      return { ok: true, checked: chain.length, head: chain.at(-1)?.hash ?? null, firstBad: null };
    },
  };
}

function append(
  store: MemoryStore,
  item: NewObservation,
): ObservationRef | { code: 'UNKNOWN_STREAM' | 'BAD_VALUE' | 'BAD_TIME' } {
  const stream = store.streams.find(({ uuid, name }) => uuid === item.streamUuid || name === item.streamName);
  const value = parseDecimal(item.value);
  const observedAt = item.observedAt == null ? Date.now() : parseTime(item.observedAt);
  if (!stream) return { code: 'UNKNOWN_STREAM' };
  if (value === undefined) return { code: 'BAD_VALUE' };
  if (observedAt === undefined) return { code: 'BAD_TIME' };
  const previous = store.observations.findLast((one) => one.stream === stream)?.hash ?? GENESIS;
  store.observations.push({
    stream,
    position: ++store.position,
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

function find(
  store: MemoryStore,
  { streamServerId, observedAt }: ObservationRef,
): ObservationDocument | undefined {
  return store.observations.find(
    (one) => one.stream.serverId === streamServerId && one.observedAt === observedAt,
  );
}

function latestOf(store: MemoryStore, serverId: number): ObservationDocument | undefined {
  return store.observations
    .filter(({ stream }) => stream.serverId === serverId)
    .reduce<ObservationDocument | undefined>(
      (newest, one) => (newest && newest.observedAt >= one.observedAt ? newest : one),
      undefined,
    );
}
