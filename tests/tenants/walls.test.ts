import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClient } from '../../gateway/testing/test-client.ts';
import { encodeCursor } from '../../schema/cursor.ts';
import { encodeNodeId } from '../../schema/node-id.ts';
import { schema } from '../../server/graphql/schema.ts';
import { at, textAt } from '../../server/graphql/testing/reading.ts';
import { type Answer, newKey, openTestApi, type TestApi, type TestKey } from '../support/api.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { openTestGateway, type TestGateway } from '../support/gateway.ts';
import { argumentsWith, operationOf, type Place, placesOf, selectionOf } from './schema-walk.ts';
import { type Naming, RULES, ruleOf } from './wall-rules.ts';

/** Things of one tenant, by how they are named. The first of each is what is filled in where one is required. */
type Things = Record<Naming, readonly string[]>;

const places = placesOf(schema);
let db: TestDatabase;
let api: TestApi;
let running: TestGateway;
let own: Things;
let foreign: Things;
let nobodys: Things;
let spyKey: TestKey;
let spy: string;
let bravoToken: string;

beforeAll(async () => {
  db = await openTestDatabase();
  const operator = newKey();
  api = await openTestApi(db.database, { operatorKeys: [operator.publicKey], signInsPerKey: 1_000 });
  const root = await api.token(operator);
  for (const tenant of ['alpha', 'bravo']) {
    await ask(`mutation { createTenant(name: "${tenant}") { name } }`, {}, root);
  }
  const alpha = await furnish('alpha', root);
  const bravo = await furnish('bravo', root);
  ({ key: spyKey, token: spy, things: own } = alpha);
  foreign = bravo.things;
  bravoToken = bravo.token;
  nobodys = await imagine();
  running = await openTestGateway(api);
});
afterAll(async () => {
  await running?.close();
  await api?.close();
  await db?.close();
});

async function ask(query: string, variables: object, token: string) {
  const { data, errors } = await api.query(query, variables, token);
  if (errors?.[0]) throw new Error(`${errors[0].extensions.code}: ${errors[0].message}`);
  return data;
}

/** A tenant with one of everything, and an operator of it: the most that somebody may be there. */
async function furnish(tenant: string, root: string) {
  const made = await ask(
    `mutation { createJoinCode(input: { tenant: "${tenant}", role: OPERATOR }) { code joinCode { id } } }`,
    {},
    root,
  );
  const key = newKey();
  const token = await api.token(key, { joinCode: textAt(made, 'createJoinCode.code') });
  const name = `of ${tenant}`;
  const input = { name, tags: [`tag ${tenant}`], secondary: `text ${tenant}`, target: `text ${tenant}` };
  const created = await ask(
    'mutation($input: CreateStreamInput!) { createStream(input: $input) { id uuid } }',
    { input },
    token,
  );
  const streamUuid = textAt(created, 'createStream.uuid');
  const value = tenant === 'alpha' ? '1.25' : '4242.5';
  const time = tenant === 'alpha' ? '2026-01-01T00:00:00.000Z' : '2026-02-03T04:05:06.007Z';
  const provider = `provider ${tenant}`;
  // Positions differ from tenant to tenant, or the id of a prediction would name one in both.
  const earlier = Array.from({ length: tenant === 'bravo' ? 20 : 0 }, (_, n) => ({
    ...{ streamName: name, value: n, observedAt: new Date(Date.UTC(2025, 0, 1, 0, n)).toISOString() },
  }));
  const observations = [{ streamName: name, value, observedAt: time, provider }, ...earlier];
  const published = await ask(
    'mutation($input: PublishObservationsInput!) { publishObservations(input: $input) { observationIds cursor } }',
    { input: { observations } },
    token,
  );
  const latest = await ask('{ latestObservations { hash } }', {}, token);
  const hash = textAt(latest, 'latestObservations.0.hash');
  const predictions = [{ streamUuid: streamUuid, value, baseHash: hash }];
  const submitted = await ask(
    'mutation($input: SubmitPredictionsInput!) { submitPredictions(input: $input) { predictionIds } }',
    { input: { predictions } },
    token,
  );
  const instances = await collect(tenant, key.publicKey, streamUuid);
  const handoff = await ask(
    'mutation($input: HandoffInput!) { startHandoff(input: $input) { uuid } }',
    { input: { from: instances[0], to: instances[1], strategy: 'BLUE_GREEN', streams: [streamUuid] } },
    token,
  );
  const collecting = await standalone(tenant, streamUuid, token);
  const observationId = textAt(published, 'publishObservations.observationIds.0');
  const predictionId = textAt(submitted, 'submitPredictions.predictionIds.0');
  const peerId = encodeNodeId('Peer', key.publicKey);
  const things: Things = {
    streamUuid: [streamUuid],
    streamRef: [streamUuid, textAt(created, 'createStream.id')],
    streamName: [name],
    author: [key.publicKey],
    tag: [`tag ${tenant}`],
    text: [`text ${tenant}`],
    observationId: [observationId],
    nodeId: [textAt(created, 'createStream.id'), observationId, peerId, predictionId],
    peerRef: [key.publicKey, peerId],
    hash: [hash],
    value: [value],
    time: [time],
    provider: [provider],
    logCursor: [textAt(published, 'publishObservations.cursor')],
    idCursor: [encodeCursor(tenant, 1)],
    tenant: [tenant],
    joinCodeId: [textAt(made, 'createJoinCode.joinCode.id')],
    instance: instances,
    handoff: [textAt(handoff, 'startHandoff.uuid')],
    ...collecting,
  };
  return { key, token, things };
}

/** Two instances of a tenant, of which the first has collected its stream; their names. */
async function collect(tenant: string, clientId: string, streamUuid: string): Promise<readonly string[]> {
  const { record, streams } = api.domain;
  const stream = await streams.find(tenant, { uuid: streamUuid });
  const streamServerId = stream?.serverId ?? 0;
  const names = [`east-${tenant}`, `west-${tenant}`];
  for (const [index, name] of names.entries()) {
    const registration = await record.register(tenant, {
      ...{ name, version: `version ${tenant}`, host: `host.${tenant}`, port: 4_000 + index, clientId },
      ...{ storagePath: `/var/lib/${tenant}`, environment: `environment ${tenant}`, standby: index === 1 },
    });
    await record.offer(registration, [{ streamServerId, source: 'x' }]);
    if (index === 1) continue;
    const collected = { streamServerId, symbol: `symbol ${tenant}`, kinds: [`kind ${tenant}`] };
    const sessionId = await record.openSession(registration, {
      ...{ source: `source ${tenant}`, config: { secret: tenant }, streams: [collected] },
    });
    const end = { status: 'COMPLETED', reason: `reason ${tenant}` } as const;
    await record.closeSessions(registration, [{ sessionId, streams: [] }], end);
  }
  return names;
}

/** An instance that keeps its own record over the API, with a session. */
async function standalone(tenant: string, stream: string, token: string) {
  const instance = { name: `alone-${tenant}`, run: crypto.randomUUID() };
  const input = { ...instance, version: `version ${tenant}`, environment: `environment ${tenant}` };
  await ask('mutation($input: NewInstanceInput!) { registerInstance(input: $input) }', { input }, token);
  const opened = await ask(
    'mutation($instance: InstanceRun!, $input: OpenSessionInput!) { openSession(instance: $instance, input: $input) }',
    { instance, input: { source: `alone ${tenant}`, streams: [{ stream }] } },
    token,
  );
  return { collector: [instance.name], run: [instance.run], session: [textAt(opened, 'openSession')] };
}

/** One more observation on a tenant's stream. */
async function publishIn(things: Things, token: string): Promise<void> {
  const observations = [{ streamUuid: things.streamUuid[0], value: '7', provider: things.provider[0] }];
  const published = await ask(
    'mutation($input: PublishObservationsInput!) { publishObservations(input: $input) { successful } }',
    { input: { observations } },
    token,
  );
  expect(at(published, 'publishObservations.successful')).toBe(1);
}

/** A uuid that no clipped form of these could be taken for. */
function unlike(...uuids: (readonly string[])[]): string {
  for (;;) {
    const uuid: string = crypto.randomUUID();
    if (uuids.flat().every((one) => one.slice(0, 2) !== uuid.slice(0, 2))) return uuid;
  }
}

/** What has the right form and is nobody's. */
async function imagine(): Promise<Things> {
  const uuid = unlike(own.streamUuid, foreign.streamUuid);
  const { publicKey } = newKey();
  const streamId = encodeNodeId('Stream', uuid);
  const observationId = encodeNodeId('Observation', `2000000000.${Date.parse(foreign.time[0] ?? '')}`);
  const peerId = encodeNodeId('Peer', publicKey);
  return {
    streamUuid: [uuid],
    streamRef: [uuid, streamId],
    streamName: ['of none'],
    author: [publicKey],
    tag: ['tag none'],
    text: ['text none'],
    observationId: [observationId],
    nodeId: [streamId, observationId, peerId, encodeNodeId('Prediction', 1_000_000)],
    peerRef: [publicKey, peerId],
    hash: ['f'.repeat(64)],
    value: ['4242.75'],
    time: ['2026-02-03T04:05:06.008Z'],
    provider: ['provider none'],
    logCursor: [encodeCursor('nobodys', 2)],
    idCursor: [encodeCursor('nobodys', 1)],
    tenant: ['nobodys'],
    joinCodeId: [crypto.randomUUID()],
    instance: ['east-none', 'west-none'],
    handoff: [crypto.randomUUID()],
    collector: ['alone-none'],
    run: [crypto.randomUUID()],
    session: ['2000000000'],
  };
}

/** The answer without the names of the things that were asked for, whole or clipped as in messages. */
function shape(answer: unknown, things: Things): string {
  const names = Object.values(things).flat();
  const longestFirst = [...new Set([...names, ...names.map((name) => name.slice(0, 12))])]
    .filter((name) => name.length >= 4)
    .sort((a, b) => b.length - a.length);
  const text = longestFirst.reduce((left, name) => left.replaceAll(name, '…'), JSON.stringify(answer));
  return text
    .replace(/"(timestamp|from|to|seenAt|endedAt)":"[^"]+"/g, '"$1"')
    .replace(/"(durationMs|coveredMs)":[\d.]+/g, '"$1"')
    .replace(/…[^"]{0,3}… is/g, '… is')
    .replace(/Session (?:\d+|…) is/g, 'Session … is');
}

function variablesOf(place: Place, value: string): Record<string, unknown> {
  const fill = (path: readonly string[]): unknown => {
    const rule = ruleOf(`${place.parent.name}.${place.field.name}(${path.join('.')})`);
    return typeof rule === 'string' ? own[rule][0] : '1';
  };
  return { ...argumentsWith(place, place.path, value, fill), own: own.streamName[0] };
}

async function send(place: Place, value: string): Promise<Answer> {
  if (place.coordinate === 'Mutation.authenticate(input.tenant)')
    return api.signIn(spyKey, { tenant: value });
  const { own: stream, ...variables } = variablesOf(place, value);
  const isNested = place.parent.name === 'Stream';
  return api.query(operationOf(place, schema), isNested ? { ...variables, own: stream } : variables, spy);
}

const compared = places.flatMap((place) => {
  const rule = ruleOf(place.coordinate);
  return typeof rule === 'string' ? [{ place, rule, coordinate: place.coordinate }] : [];
});
const byHttp = compared.filter(({ place }) => place.parent.name !== 'Subscription');
const bySocket = compared.filter(({ place }) => place.parent.name === 'Subscription');

describe('the walls of the whole schema', () => {
  it('have a rule for every place where a client can put a value, and none for places that are gone', () => {
    expect(places.map(({ coordinate }) => coordinate).filter((one) => ruleOf(one) === undefined)).toEqual([]);
    const unused = RULES.filter(([pattern]) => !places.some(({ coordinate }) => pattern.test(coordinate)));
    expect(unused.map(([pattern]) => String(pattern))).toEqual([]);
    const reachable = ['Query', 'Mutation', 'Subscription', 'Stream'];
    expect(places.filter(({ parent }) => !reachable.includes(parent.name))).toEqual([]);
  });

  it.each(byHttp)('$coordinate answers to a foreign value as to one of nobody', async ({ place, rule }) => {
    for (const [index, value] of foreign[rule].entries()) {
      const absent = nobodys[rule][index] ?? '';
      const toForeign = await send(place, value);
      const toAbsent = await send(place, absent);
      expect(toForeign.errors?.[0]?.extensions.code).not.toBe('GRAPHQL_VALIDATION_FAILED');
      expect(shape(toForeign, foreign)).toBe(shape(toAbsent, nobodys));
    }
  });

  it('show nothing foreign to whoever asks for everything', async () => {
    const marks = Object.entries(foreign).flatMap(([naming, values]) =>
      // Numbers that are short would be found anywhere.
      ['idCursor', 'logCursor', 'session'].includes(naming) ? [] : values,
    );
    for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) {
      if (field.args.some(({ type }) => String(type).endsWith('!'))) continue;
      const answer = await api.query(`{ ${field.name} ${selectionOf(field.type, schema)} }`, {}, spy);
      const text = JSON.stringify(answer);
      expect(marks.filter((mark) => text.includes(mark))).toEqual([]);
    }
  });

  it('hold for subscriptions, when they begin and while the other tenant goes on', async () => {
    const client = await new TestClient(running.url).ready({ accessToken: spy });
    const asked: { id: string; coordinate: string; things: Things }[] = [];
    for (const { place, rule, coordinate } of bySocket) {
      for (const things of [foreign, nobodys]) {
        for (const value of things[rule]) {
          const { own: _, ...given } = variablesOf(place, value);
          const hasSnapshot = place.field.args.some(({ name }) => name === 'snapshot');
          const flags = { ready: true, includeData: true, ...(hasSnapshot ? { snapshot: true } : {}) };
          const id = String(asked.length);
          asked.push({ id, coordinate, things });
          client.subscribe(id, operationOf(place, schema), { ...flags, ...given });
        }
      }
    }
    const begun = (id: string) => /"READY"|"error"/.test(JSON.stringify(client.of(id)));
    await client.until(() => asked.every(({ id }) => begun(id)));
    const shapes = new Map<string, Set<string>>();
    for (const { id, coordinate, things } of asked) {
      const messages = client.of(id).map(({ type, payload }) => ({ type, payload }));
      const known = shapes.get(coordinate) ?? new Set();
      shapes.set(coordinate, known.add(shape(messages, things)));
    }
    for (const [coordinate, found] of shapes) expect([...found], coordinate).toHaveLength(1);
    await publishIn(foreign, bravoToken);
    await publishIn(own, spy);
    const ownMark = own.provider[0] ?? '';
    await client.until((messages) => messages.some((message) => JSON.stringify(message).includes(ownMark)));
    const text = JSON.stringify(client.messages);
    expect(text).not.toContain(foreign.provider[0]);
    await client.stop();
  });
});
