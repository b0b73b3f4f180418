import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from '../../schema/cursor.ts';
import { encodeNodeId, observationId } from '../../schema/node-id.ts';
import { ALICE, ALICE_TOKEN } from './testing/in-memory-domain.ts';
import { at, listAt, textAt } from './testing/reading.ts';
import { type ServedApi, serveApi } from './testing/serve.ts';

let api: ServedApi;
beforeEach(async () => {
  api = await serveApi();
});
afterEach(() => api.close());

const T0 = Date.parse('2026-01-01T00:00:00Z');

async function given(streams: number, observations: number): Promise<void> {
  for (let s = 1; s <= streams; s++) {
    const tags = s % 2 ? ['odd'] : [];
    await api.domain.streams.create(api.domain.store.actor, { name: `stream-${s}`, tags });
    const items = Array.from({ length: observations }, (_, index) => ({
      streamName: `stream-${s}`,
      value: `${index}.50`,
      observedAt: new Date(T0 + index * 1_000).toISOString(),
    }));
    if (items.length > 0) await api.domain.observations.publish(api.domain.store.actor, items);
  }
}

describe('reading', () => {
  it('gives exact texts, times with milliseconds and positions as numbers', async () => {
    await given(1, 1);
    const { data } = await api.query(
      '{ observations { edges { cursor node { id position cursor value observedAt ts hash provider revision retracted stream { id uuid serverId author createdAt archivedAt } } } } }',
    );
    const cursor = textAt(data, 'observations.edges.0.cursor');
    const node = at(data, 'observations.edges.0.node');
    expect(cursor).toBe(encodeCursor('default', 1));
    expect(node).toMatchObject({
      id: observationId(1, T0),
      position: 1,
      cursor,
      value: '0.5',
      observedAt: '2026-01-01T00:00:00.000Z',
      ts: '2023-11-14T22:13:20.000Z',
      provider: 'api',
      revision: 0,
      retracted: false,
      stream: { serverId: 1, author: ALICE, archivedAt: null },
    });
    expect(at(node, 'stream.id')).toBe(encodeNodeId('Stream', textAt(node, 'stream.uuid')));
  });

  it('pages forward and backward without losing or repeating', async () => {
    await given(1, 7);
    const seen: string[] = [];
    let after: string | null = null;
    for (let page = 0; page < 4; page++) {
      const { data } = await api.query(
        'query($after: String) { observations(first: 2, after: $after) { edges { node { value } } pageInfo { endCursor hasNextPage hasPreviousPage } } }',
        { after },
      );
      seen.push(...listAt(data, 'observations.edges').map((edge) => textAt(edge, 'node.value')));
      expect(at(data, 'observations.pageInfo.hasNextPage')).toBe(page < 3);
      after = textAt(data, 'observations.pageInfo.endCursor');
    }
    expect(seen).toEqual(['0.5', '1.5', '2.5', '3.5', '4.5', '5.5', '6.5']);
    const { data } = await api.query(
      '{ observations(last: 2) { edges { node { value } } pageInfo { hasPreviousPage startCursor } } }',
    );
    expect(at(data, 'observations.edges')).toEqual([{ node: { value: '5.5' } }, { node: { value: '6.5' } }]);
    expect(decodeCursor('default', textAt(data, 'observations.pageInfo.startCursor'))).toBe(6);
  });

  it('reads a hundred observations with their streams in one call of the domain', async () => {
    await given(4, 25);
    api.domain.store.calls.length = 0;
    const { data } = await api.query(
      '{ observations(first: 100) { edges { node { value stream { name } } } } }',
    );
    expect(at(data, 'observations.edges')).toHaveLength(100);
    expect(api.domain.store.calls).toEqual(['list']);
  });

  it('reads the latest of all streams of a page in one call', async () => {
    await given(5, 3);
    api.domain.store.calls.length = 0;
    const { data } = await api.query('{ streams { edges { node { name latest { value } } } } }');
    expect(listAt(data, 'streams.edges').map((edge) => at(edge, 'node.latest.value'))).toEqual(
      Array(5).fill('2.5'),
    );
    expect(api.domain.store.calls).toEqual(['latestOf']);
  });

  it('filters by where, within a stream too', async () => {
    await given(3, 3);
    const { data } = await api.query(
      `{ odd: streams(where: { tags: { contains: "odd" } }) { edges { node { name observations(where: { value: { gt: 1 } }) { edges { node { value } } } } } }
         latestObservations(where: { name: { eq: "stream-2" } }) { stream { name } value } }`,
    );
    const values = { edges: [{ node: { value: '1.5' } }, { node: { value: '2.5' } }] };
    expect(at(data, 'odd.edges')).toEqual([
      { node: { name: 'stream-1', observations: values } },
      { node: { name: 'stream-3', observations: values } },
    ]);
    expect(at(data, 'latestObservations')).toEqual([{ stream: { name: 'stream-2' }, value: '2.5' }]);
  });

  it('finds nodes of every type by their ids, and nothing by ids of nothing', async () => {
    await given(1, 1);
    const [observation] = api.domain.store.observations;
    await api.domain.predictions.submit(api.domain.store.actor, [
      { streamUuid: '', value: '1', baseHash: observation?.hash ?? '' },
    ]);
    const ids = [
      encodeNodeId('Stream', observation?.stream.uuid ?? ''),
      observationId(1, T0),
      encodeNodeId('Prediction', 2),
      encodeNodeId('Peer', ALICE),
    ];
    for (const id of ids) {
      const { data } = await api.query('query($id: ID!) { node(id: $id) { id __typename } }', { id });
      expect(at(data, 'node')).toEqual({
        id,
        __typename: Buffer.from(id, 'base64url').toString().split(':')[0],
      });
    }
    for (const id of [
      encodeNodeId('Stream', 'no-uuid'),
      encodeNodeId('Observation', '9999999999.0'),
      encodeNodeId('Prediction', 77),
      encodeNodeId('Peer', 'nobody'),
    ]) {
      expect(await api.query('query($id: ID!) { node(id: $id) { id } }', { id })).toEqual({
        data: { node: null },
      });
    }
  });

  it('finds predictions by stream and peer, named either way', async () => {
    await given(1, 1);
    const [observation] = api.domain.store.observations;
    const uuid = observation?.stream.uuid ?? '';
    await api.domain.predictions.submit(api.domain.store.actor, [
      { streamUuid: uuid, value: '1.25', baseHash: observation?.hash ?? '' },
    ]);
    for (const [stream, peer] of [
      [uuid, ALICE],
      [encodeNodeId('Stream', uuid), encodeNodeId('Peer', ALICE)],
    ]) {
      const { data } = await api.query(
        'query($stream: ID, $peer: ID) { predictions(stream: $stream, peer: $peer) { edges { node { value horizon base { value } peer { name role } quantiles { level } } } } }',
        { stream, peer },
      );
      expect(at(data, 'predictions.edges')).toEqual([
        {
          node: {
            value: '1.25',
            horizon: 1,
            base: { value: '0.5' },
            peer: { name: 'alice', role: 'PEER' },
            quantiles: [],
          },
        },
      ]);
    }
  });

  it('verifies a chain and tells the head of the log', async () => {
    await given(1, 3);
    const uuid = api.domain.store.streams[0]?.uuid;
    const { data } = await api.query(
      'query($stream: ID!) { logHead verifyChain(stream: $stream) { ok checked head firstBad { id } } }',
      { stream: uuid },
    );
    expect(data).toEqual({
      logHead: encodeCursor('default', 3),
      verifyChain: { ok: true, checked: 3, head: api.domain.store.observations.at(-1)?.hash, firstBad: null },
    });
  });
});

describe('writing', () => {
  it('judges a batch item by item, whatever JSON its decimals and times are', async () => {
    await given(1, 0);
    const item = (value: unknown, observedAt: unknown = '2026-01-01T00:00:00Z') => ({
      streamName: 'stream-1',
      value,
      observedAt,
    });
    const observations = [
      item('1e2'),
      item(0.1, '2026-01-02T00:00:00+02:00'),
      item('ten'),
      item(true),
      item({ deep: [1] }),
      item([]),
      item('1', 12),
      item('1', { at: 'noon' }),
      item('1', '2026-02-30T00:00:00Z'),
      { ...item('1'), streamName: 'nobody' },
    ];
    const { data, errors } = await api.query(
      'mutation($input: PublishObservationsInput!) { publishObservations(input: $input) { totalSubmitted successful duplicates failed observationIds cursor errors { index code } } }',
      { input: { observations } },
    );
    expect(errors).toBeUndefined();
    const failed = (index: number, code: string) => ({ index, code });
    expect(at(data, 'publishObservations')).toEqual({
      totalSubmitted: 10,
      successful: 2,
      duplicates: 0,
      failed: 8,
      observationIds: [
        observationId(1, T0),
        observationId(1, Date.parse('2026-01-01T22:00:00Z')),
        ...Array(8).fill(null),
      ],
      cursor: encodeCursor('default', 2),
      errors: [
        failed(2, 'BAD_VALUE'),
        failed(3, 'BAD_VALUE'),
        failed(4, 'BAD_VALUE'),
        failed(5, 'BAD_VALUE'),
        failed(6, 'BAD_TIME'),
        failed(7, 'BAD_TIME'),
        failed(8, 'BAD_TIME'),
        failed(9, 'UNKNOWN_STREAM'),
      ],
    });
    expect(api.domain.store.observations.map(({ value }) => value)).toEqual(['100', '0.1']);
  });

  it('keeps the digits of literals', async () => {
    await given(1, 0);
    const { data } = await api.query(
      `mutation { publishObservations(input: { observations: [
        { streamName: "stream-1", value: 12345678901234567890.12345678901, observedAt: "2026-01-01T00:00:00Z" }
        { streamName: "stream-1", value: 9007199254740993, observedAt: "2026-01-01T00:00:01Z" }
        { streamName: "stream-1", value: true } ] }) { failed } }`,
    );
    expect(at(data, 'publishObservations.failed')).toBe(1);
    expect(api.domain.store.observations.map(({ value }) => value)).toEqual([
      '12345678901234567890.12345678901',
      '9007199254740993',
    ]);
  });

  it('creates streams, corrects and retracts', async () => {
    const created = await api.query(
      'mutation { createStream(input: { name: "s", tags: ["a"], cadenceSeconds: 2 }) { name tags cadenceSeconds author } }',
    );
    expect(at(created.data, 'createStream')).toEqual({
      name: 's',
      tags: ['a'],
      cadenceSeconds: 2,
      author: ALICE,
    });
    await api.domain.observations.publish(api.domain.store.actor, [
      { streamName: 's', value: '1', observedAt: '2026-01-01T00:00:00Z' },
    ]);
    const id = observationId(1, T0);
    const corrected = await api.query(
      'mutation($id: ID!) { correctObservation(id: $id, value: 2.50) { value revision } }',
      { id },
    );
    expect(at(corrected.data, 'correctObservation')).toEqual({ value: '2.5', revision: 1 });
    for (const expected of [true, false]) {
      const { data } = await api.query('mutation($id: ID!) { retractObservation(id: $id) }', { id });
      expect(at(data, 'retractObservation')).toBe(expected);
    }
  });

  it('submits predictions item by item', async () => {
    await given(1, 1);
    const [observation] = api.domain.store.observations;
    const prediction = { streamUuid: observation?.stream.uuid, value: 2, baseHash: observation?.hash };
    const { data } = await api.query(
      'mutation($input: SubmitPredictionsInput!) { submitPredictions(input: $input) { totalSubmitted successful failed predictionIds errors { index code } } }',
      { input: { predictions: [prediction, { ...prediction, baseHash: 'none' }] } },
    );
    expect(at(data, 'submitPredictions')).toEqual({
      totalSubmitted: 2,
      successful: 1,
      failed: 1,
      predictionIds: [encodeNodeId('Prediction', 2), null],
      errors: [{ index: 1, code: 'UNKNOWN_BASE' }],
    });
  });
});

describe('signing in', () => {
  it('asks for a challenge, answers it and refreshes, all without a token', async () => {
    const { data } = await api.query(
      `mutation { requestChallenge(publicKey: "${ALICE}") { challenge expiresAt }
        authenticate(input: { publicKey: "${ALICE}", challenge: "c", signature: "s" }) { accessToken expiresIn peer { publicKey role } }
        refreshSession(refreshToken: "r") { refreshToken } }`,
      {},
      null,
    );
    expect(data).toEqual({
      requestChallenge: { challenge: 'sign me', expiresAt: '2023-11-14T22:13:20.000Z' },
      authenticate: { accessToken: ALICE_TOKEN, expiresIn: 900, peer: { publicKey: ALICE, role: 'PEER' } },
      refreshSession: { refreshToken: 'next' },
    });
  });

  it('knows who calls', async () => {
    expect(at(await api.query('{ me { name } }'), 'data.me')).toEqual({ name: 'alice' });
    expect(at(await api.query('{ me { name } }', {}, null), 'data.me')).toBeNull();
  });
});
