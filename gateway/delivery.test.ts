import { createClient } from 'graphql-ws';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { encodeNodeId } from '../schema/node-id.ts';
import { gatewayGround } from './testing/gateway-ground.ts';
import { cursorOf, eventsOf } from './testing/observation-events.ts';

const FIELDS = '{ type cursor id observation { value } }';

describe('a gateway on real sockets', () => {
  const ground = gatewayGround();
  const { start, connect, commit } = ground;

  it('sends a snapshot, then READY, then the tail', async () => {
    const stream = await start();
    const other = ground.running.log.stream(2);
    for (const time of [1, 2, 3]) ground.running.log.put(stream, time, String(time));
    ground.running.log.put(other, 1, '7');
    const client = await connect();
    client.subscribe('s', `subscription { observations(snapshot: true, ready: true) ${FIELDS} }`);
    await client.until(() => client.of('s').length === 3);
    commit(ground.running.log.put(other, 2, '8'));
    await client.until(() => client.of('s').length === 4);
    expect(eventsOf(client.of('s'))).toEqual([
      { type: 'SNAPSHOT', position: 3, value: '3' },
      { type: 'SNAPSHOT', position: 4, value: '7' },
      { type: 'READY', position: 4, value: null },
      { type: 'CREATE', position: 5, value: '8' },
    ]);
    // Broken off after the first item of the snapshot, a client misses nothing by resuming there.
    const [first] = client.of('s');
    client.subscribe('resumed', query(`snapshot: true, after: "${cursorOf(first)}"`));
    await client.until(() => client.of('resumed').length === 2);
    expect(eventsOf(client.of('resumed')).map(({ position }) => position)).toEqual([4, 5]);
  });

  it('describes the matching set: corrections in, out and within, retraction and return', async () => {
    const stream = await start();
    const client = await connect();
    client.subscribe('s', query('where: {value: {gte: "10"}}, ready: true'));
    await client.until(() => client.of('s').length === 1);
    const { log } = ground.running;
    commit(
      log.put(stream, 1, '5'),
      log.put(stream, 1, '10'),
      log.put(stream, 1, '11'),
      log.put(stream, 1, '9'),
    );
    commit(
      log.put(stream, 1, '12'),
      log.retract(stream, 1),
      log.put(stream, 1, '13'),
      log.retract(stream, 1),
    );
    await client.until(() => client.of('s').length === 8);
    expect(eventsOf(client.of('s')).slice(1)).toEqual([
      { type: 'CREATE', position: 2, value: '10' },
      { type: 'UPDATE', position: 3, value: '11' },
      { type: 'DELETE', position: 4, value: '9' },
      { type: 'CREATE', position: 5, value: '12' },
      { type: 'DELETE', position: 6, value: '12' },
      { type: 'CREATE', position: 7, value: '13' },
      { type: 'DELETE', position: 8, value: '13' },
    ]);
  });

  it('delivers what the broker never brought', async () => {
    const stream = await start({ headPollMs: 20 });
    const client = await connect();
    client.subscribe('s', query('ready: true'));
    await client.until(() => client.of('s').length === 1);
    ground.running.log.put(stream, 1, '1');
    await client.until(() => client.of('s').length === 2);
    expect(ground.running.gateway.stats().heals).toBe(1);
  });

  it('says how far it is behind the log, while that can not be read', async () => {
    const stream = await start();
    const client = await connect();
    client.subscribe('s', query('ready: true'));
    await client.until(() => client.of('s').length === 1);
    const behind = () => ground.running.gateway.stats().intakeBehind;
    expect(behind()).toBe(0);
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    ground.running.log.beforeRead = () => held;
    ground.running.log.put(stream, 1, '1');
    ground.running.log.put(stream, 2, '2');
    commit(ground.running.log.put(stream, 3, '3'));
    await expect.poll(behind).toBe(3);
    goOn();
    await client.until(() => client.of('s').length === 4);
    expect(behind()).toBe(0);
  });

  it('keeps aliases, fragments, directives and variables, and leaves data out when asked', async () => {
    const stream = await start();
    const client = await connect();
    client.subscribe(
      's',
      `subscription ($where: ObservationWhere, $value: Boolean!, $data: Boolean) { ...Root }
       fragment Root on Subscription { mine: observations(where: $where, includeData: $data, ready: true) { type ...Data } }
       fragment Data on ObservationEvent { observation @include(if: $value) { value } }`,
      { where: { stream: { uuid: { eq: stream.uuid } } }, value: true, data: true },
    );
    client.subscribe(
      'bare',
      `subscription { observations(includeData: false, ready: true) { type id observation { value } } }`,
    );
    await client.until(() => client.of('s').length === 1 && client.of('bare').length === 1);
    const entry = ground.running.log.put(stream, 1, '1');
    commit(entry, ground.running.log.put(ground.running.log.stream(2), 1, '2'));
    await client.until(() => client.of('s').length === 2 && client.of('bare').length === 3);
    expect(client.of('s')[1]?.payload).toEqual({
      data: { mine: { type: 'CREATE', observation: { value: '1' } } },
    });
    expect(client.of('bare')[1]?.payload).toEqual({
      data: { observations: { type: 'CREATE', id: entry.key, observation: null } },
    });
  });

  it('shares an execution among subscriptions whose filters differ, not among those whose payloads do', async () => {
    const stream = await start();
    const client = await connect();
    const shared = (bound: string) =>
      `subscription { observations(ready: true, where: {value: {gte: "${bound}"}}) { type } }`;
    for (const bound of ['0', '1', '2']) client.subscribe(bound, shared(bound));
    const echo = 'subscription ($text: String) { observations(ready: true) { type echo(text: $text) } }';
    client.subscribe('a', echo, { text: 'a' });
    client.subscribe('b', echo, { text: 'b' });
    await client.until(() => client.messages.length === 6);
    expect(ground.running.gateway.stats()).toMatchObject({ subscriptions: 5, cohorts: 3, live: 5 });
    const before = ground.running.executor.eventsExecuted;
    commit(ground.running.log.put(stream, 1, '5'));
    await client.until(() => client.messages.length === 11);
    expect(ground.running.executor.eventsExecuted - before).toBe(3);
    expect(client.of('b')[1]?.payload).toEqual({ data: { observations: { type: 'CREATE', echo: 'b' } } });
  });

  it('keeps tenants apart, and anonymous readers from peers', async () => {
    const stream = await start();
    const [reader, alice, bob, stranger] = await Promise.all([
      connect(),
      connect('alice'),
      connect('bob'),
      connect('eve@other'),
    ]);
    const all = [reader, alice, bob, stranger];
    for (const client of all) client.subscribe('s', query('ready: true'));
    await Promise.all(all.map((client) => client.until(() => client.of('s').length === 1)));
    expect(ground.running.gateway.stats().cohorts).toBe(3);
    expect(ground.running.gateway.peers()).toEqual([
      { tenant: 'main', publicKey: 'alice' },
      { tenant: 'main', publicKey: 'bob' },
      { tenant: 'other', publicKey: 'eve' },
    ]);
    commit(ground.running.log.put(stream, 1, '1'));
    await Promise.all([reader, alice, bob].map((client) => client.until(() => client.of('s').length === 2)));
    stranger.subscribe('later', '{ hello }');
    await stranger.until(() => stranger.of('later').length === 2);
    expect(stranger.of('s')).toHaveLength(1);
    stranger.subscribe('foreign', query(`after: "${cursorOf(alice.of('s')[1])}"`));
    await stranger.until(() => stranger.of('foreign').length === 1);
    expect(stranger.of('foreign')).toMatchObject([
      { type: 'error', payload: [{ extensions: { code: 'BAD_CURSOR' } }] },
    ]);
  });

  it('frames texts of any length for ids of any characters', async () => {
    const stream = await start();
    const client = await connect();
    const id = 'ключ "1" 🔑\n';
    client.subscribe(
      id,
      `subscription { observations(ready: true) { type observation { stream { meta } } } }`,
    );
    await client.until(() => client.of(id).length === 1);
    const metas = [1, 100, 5_000, 70_000].map((length) => 'é'.repeat(length));
    metas.forEach((meta, n) => {
      commit(ground.running.log.put({ ...stream, meta }, n, '1'));
    });
    await client.until(() => client.of(id).length === 1 + metas.length);
    const got = client
      .of(id)
      .slice(1)
      .map(({ payload }) => payload);
    expect(got).toEqual(
      metas.map((meta) => ({
        data: { observations: { type: 'CREATE', observation: { stream: { meta } } } },
      })),
    );
  });

  it('takes node ids and plain names of streams and peers', async () => {
    await start();
    const client = await connect();
    const arguments_ = [
      `stream: "${encodeNodeId('Stream', 'u-1')}"`,
      'stream: "u-1"',
      `peer: "${encodeNodeId('Peer', 'p-1')}"`,
    ];
    for (const given of arguments_) {
      client.subscribe(
        given,
        `subscription { predictions(${given.replaceAll("'", '')}, ready: true) { type } }`,
      );
    }
    await client.until(() => client.messages.filter(({ type }) => type === 'next').length === 3);
  });

  it('speaks with the official client, which resumes from a cursor', async () => {
    const stream = await start();
    ground.running.log.put(stream, 1, '1');
    const client = createClient({
      url: ground.running.url,
      webSocketImpl: WebSocket,
      lazy: true,
      retryAttempts: 0,
      keepAlive: 10_000,
    });
    const hello = client.iterate({ query: '{ hello }' });
    expect((await hello.next()).value).toEqual({ data: { hello: 'world' } });
    expect((await hello.next()).done).toBe(true);

    const first = client.iterate<EventData>({ query: query('ready: true') });
    expect((await first.next()).value).toMatchObject({ data: { observations: { type: 'READY' } } });
    commit(ground.running.log.put(stream, 2, '2'));
    const event = (await first.next()).value;
    expect(event).toMatchObject({ data: { observations: { type: 'CREATE', observation: { value: '2' } } } });
    await first.return?.();
    ground.running.log.put(stream, 3, '3');
    const resumed = client.iterate<EventData>({
      query: query(`after: "${event?.data?.observations.cursor}"`),
    });
    expect((await resumed.next()).value).toMatchObject({
      data: { observations: { observation: { value: '3' } } },
    });
    await expect(client.iterate({ query: 'subscription { nope }' }).next()).rejects.toMatchObject([
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ]);
    await client.dispose();
  });

  it('serves 1,000 subscribers from one execution an event', async () => {
    const stream = await start();
    const many = await Promise.all(Array.from({ length: 50 }, () => connect()));
    for (const client of many) {
      for (let n = 0; n < 20; n += 1) client.subscribe(String(n), query('ready: true'));
    }
    await Promise.all(many.map((client) => client.until((messages) => messages.length === 21)));
    const before = ground.running.executor.eventsExecuted;
    for (let n = 1; n <= 10; n += 1) commit(ground.running.log.put(stream, n, String(n)));
    await Promise.all(many.map((client) => client.until((messages) => messages.length === 221)));
    expect(ground.running.executor.eventsExecuted - before).toBe(10);
    expect(ground.running.gateway.stats()).toMatchObject({ subscriptions: 1_000, cohorts: 1, live: 1_000 });
    for (const client of many) {
      expect(
        eventsOf(client.of('7'))
          .slice(1)
          .map(({ position }) => position),
      ).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }
    await Promise.all(many.map((client) => client.stop()));
    await expect
      .poll(() => ground.running.gateway.stats())
      .toMatchObject({ connections: 0, subscriptions: 0, cohorts: 0, live: 0 });
  });
});

interface EventData extends Record<string, unknown> {
  readonly observations: { readonly cursor: string };
}

function query(given: string): string {
  return `subscription { observations(${given}) ${FIELDS} }`;
}
