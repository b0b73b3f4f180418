import type { GraphQLError } from 'graphql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeCursor } from '../../schema/cursor.ts';
import { observationId } from '../../schema/node-id.ts';
import type { GraphQLRequest, Identity } from './executor.ts';
import type { SubscriptionEvent } from './subscription.ts';
import { ALICE } from './testing/in-memory-domain.ts';
import { type ServedApi, serveApi } from './testing/serve.ts';

const nobody: Identity = { tenant: 'default', publicKey: null, expiresAt: null };
const alice: Identity = { tenant: 'default', publicKey: ALICE, expiresAt: Date.now() + 60_000 };
let api: ServedApi;

beforeEach(async () => {
  api = await serveApi({ maxCost: 1_000 });
  await api.domain.streams.create(api.domain.store.actor, { name: 's' });
  await api.domain.observations.publish(api.domain.store.actor, [
    { streamName: 's', value: '1.5', observedAt: '2026-01-01T00:00:00Z' },
  ]);
  api.domain.store.calls.length = 0;
});
afterEach(() => api.close());

function run(request: GraphQLRequest, identity: Identity) {
  return api.executor.execute(api.executor.prepare(request, identity), request, identity);
}

function refused(request: GraphQLRequest): (string | undefined)[] {
  try {
    api.executor.prepare(request, nobody);
    return [];
  } catch (error) {
    const errors: GraphQLError[] = error instanceof AggregateError ? error.errors : [];
    return errors.map(({ extensions }) => String(extensions.code));
  }
}

function event(given: Partial<SubscriptionEvent> = {}): SubscriptionEvent {
  return {
    type: 'CREATE',
    tenant: 'default',
    topic: 'observation',
    position: 1,
    key: observationId(1, Date.parse('2026-01-01T00:00:00Z')),
    timestamp: 1_700_000_000_000,
    document: api.domain.store.observations[0] ?? null,
    ...given,
  };
}

const LIVE = {
  query:
    'subscription Live($where: ObservationWhere) { observations(where: $where) { type cursor id timestamp observation { id value cursor stream { name } } } }',
};

describe('prepare', () => {
  it('says what kind of operation it is, by its name where there are several', () => {
    const query = `query A { logHead } mutation B { retractObservation(id: "") } ${LIVE.query}`;
    const kinds = ['A', 'B', 'Live'].map(
      (operationName) => api.executor.prepare({ query, operationName }, nobody).kind,
    );
    expect(kinds).toEqual(['query', 'mutation', 'subscription']);
    expect(refused({ query })).toEqual(['BAD_INPUT']);
    expect(refused({ query, operationName: 'C' })).toEqual(['BAD_INPUT']);
  });

  it('parses a text once', () => {
    const [one, two] = [LIVE, { ...LIVE }].map((request) => api.executor.prepare(request, nobody));
    expect(one?.document).toBe(two?.document);
  });

  it('refuses what HTTP refuses, with the same codes', () => {
    expect(refused({ query: '{' })).toEqual(['GRAPHQL_PARSE_FAILED']);
    expect(refused({ query: '{ a b }' })).toEqual(['GRAPHQL_VALIDATION_FAILED', 'GRAPHQL_VALIDATION_FAILED']);
    expect(
      refused({ query: `{ ${Array.from({ length: 31 }, (_, i) => `a${i}: logHead`).join(' ')} }` }),
    ).toEqual(['TOO_COMPLEX']);
  });

  it('costs and coerces a subscription before it has an event', () => {
    const costly =
      'subscription($n: Int) { observations { observation { stream { observations(first: $n) { edges { node { value } } } } } } }';
    expect(refused({ query: costly, variables: { n: 10 } })).toEqual([]);
    expect(refused({ query: costly, variables: { n: 1_000 } })).toEqual(['TOO_COMPLEX']);
    expect(refused({ query: costly, variables: { n: 'x' } })).toEqual(['BAD_INPUT']);
    expect(
      refused({ query: `query Cheap { logHead } ${costly.replace('(', ' Dear(')}`, operationName: 'Dear' }),
    ).toEqual([]);
  });
});

describe('execute', () => {
  it('runs queries and mutations as whoever is connected', async () => {
    expect(await run({ query: '{ me { publicKey } }' }, nobody)).toEqual({ data: { me: null } });
    expect(await run({ query: '{ me { publicKey } }' }, alice)).toEqual({
      data: { me: { publicKey: ALICE } },
    });
    const write = { query: 'mutation { createStream(input: { name: "t" }) { name } }' };
    expect((await run(write, nobody)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect(await run(write, alice)).toEqual({ data: { createStream: { name: 't' } } });
  });

  it('refuses a token that has expired meanwhile, and a peer that is gone', async () => {
    for (const identity of [
      { ...alice, expiresAt: Date.now() - 1 },
      { ...alice, publicKey: 'B'.repeat(43) },
    ]) {
      const { data, errors } = await run({ query: '{ logHead }' }, identity);
      expect([data, errors?.[0]?.extensions.code]).toEqual([undefined, 'UNAUTHENTICATED']);
    }
  });

  it('masks what nobody expected', async () => {
    api.domain.log.head = async () => {
      throw new Error('secret');
    };
    const { errors } = await run({ query: '{ logHead }' }, alice);
    expect(errors?.[0]?.extensions.code).toBe('INTERNAL');
    expect(JSON.stringify(errors)).not.toContain('secret');
    expect(api.logged).toHaveLength(1);
  });
});

describe('executeEvent', () => {
  it('resolves an event from what it carries, without asking the domain', async () => {
    const operation = api.executor.prepare(LIVE, nobody);
    const key = event().key;
    expect(await api.executor.executeEvent(operation, LIVE, nobody, event())).toEqual({
      data: {
        observations: {
          type: 'CREATE',
          cursor: encodeCursor('default', 1),
          id: key,
          timestamp: '2023-11-14T22:13:20.000Z',
          observation: { id: key, value: '1.5', cursor: encodeCursor('default', 1), stream: { name: 's' } },
        },
      },
    });
    expect(api.domain.store.calls).toEqual([]);
  });

  it('resolves READY, which is about nothing', async () => {
    const ready = event({ type: 'READY', position: 7, key: null, document: null });
    const operation = api.executor.prepare(LIVE, nobody);
    expect(await api.executor.executeEvent(operation, LIVE, nobody, ready)).toEqual({
      data: {
        observations: {
          type: 'READY',
          cursor: encodeCursor('default', 7),
          id: null,
          timestamp: '2023-11-14T22:13:20.000Z',
          observation: null,
        },
      },
    });
  });

  it('reads beyond the event where that is asked for', async () => {
    const request = {
      query: 'subscription { observations { observation { stream { latest { value } } } } }',
    };
    const operation = api.executor.prepare(request, nobody);
    const { data } = await api.executor.executeEvent(operation, request, nobody, event());
    expect(data).toEqual({ observations: { observation: { stream: { latest: { value: '1.5' } } } } });
    expect(api.domain.store.calls).toEqual(['latestOf']);
    await new Promise(setImmediate);
    // What events of one turn need is read once; what they have read does not outlive the turn.
    const execute = () => api.executor.executeEvent(operation, request, nobody, event());
    await Promise.all([execute(), execute(), execute()]);
    expect(api.domain.store.calls).toEqual(['latestOf', 'latestOf']);
    await new Promise(setImmediate);
    await execute();
    expect(api.domain.store.calls).toHaveLength(3);
  });

  it('resolves predictions', async () => {
    const [base] = api.domain.store.observations;
    await api.domain.predictions.submit(api.domain.store.actor, [
      { streamUuid: '', value: '2', baseHash: base?.hash ?? '' },
    ]);
    const document = api.domain.store.predictions[0] ?? null;
    const request = { query: 'subscription { predictions { type prediction { value peer { name } } } }' };
    const operation = api.executor.prepare(request, alice);
    const given = event({ topic: 'prediction', document });
    const { data } = await api.executor.executeEvent(operation, request, alice, given);
    expect(data).toEqual({
      predictions: { type: 'CREATE', prediction: { value: '2', peer: { name: 'alice' } } },
    });
  });
});
