import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, listAt, textAt } from '../../server/graphql/testing/reading.ts';
import { newKey, openTestApi, type TestApi, type TestKey } from '../support/api.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
let api: TestApi;
let root: string;
const operator = newKey();

beforeAll(async () => {
  db = await openTestDatabase();
  api = await openTestApi(db.database, { operatorKeys: [operator.publicKey], signInsPerKey: 5 });
  root = await api.token(operator);
  await run('mutation { createTenant(name: "acme") { name } }');
  await run('mutation { createTenant(name: "globex") { name } }');
});
afterAll(async () => {
  await api?.close();
  await db?.close();
});

/** Throws the first error. */
async function run(query: string, variables: object = {}, token = root) {
  const { data, errors } = await api.query(query, variables, token);
  if (errors?.[0]) throw new Error(`${errors[0].extensions.code}: ${errors[0].message}`);
  return data;
}

async function makeCode(input: object): Promise<{ code: string; joinCode: { id: string } }> {
  const made = await run(
    'mutation($input: CreateJoinCodeInput!) { createJoinCode(input: $input) { code joinCode { id } } }',
    { input },
  );
  return {
    code: textAt(made, 'createJoinCode.code'),
    joinCode: { id: textAt(made, 'createJoinCode.joinCode.id') },
  };
}

async function join(tenant: string, role = 'PEER', key: TestKey = newKey()) {
  const { code } = await makeCode({ tenant, role });
  return { key, token: await api.token(key, { joinCode: code }) };
}

const change = (field: string, peer: string, rest = '', token = root) =>
  run(
    `mutation { ${field}(peer: "${peer}", tenant: "acme"${rest}) { peer { name role } revokedAt limits { observationsPerMinute streams } } }`,
    {},
    token,
  );
const createStream = (name: string, token: string) =>
  run('mutation($name: String!) { createStream(input: { name: $name }) { uuid } }', { name }, token);

describe('tenants', () => {
  it('are made by operators of the installation, once each, under sound names', async () => {
    const create = (name: string, token = root) =>
      run('mutation($name: String!) { createTenant(name: $name) { name } }', { name }, token);
    await expect(create('acme')).rejects.toThrow(/^CONFLICT/);
    for (const name of ['', 'A', 'a b', '-a', 'a'.repeat(64), "a'b", 'é']) {
      await expect(create(name)).rejects.toThrow(/^BAD_INPUT/);
    }
    const { token } = await join('acme', 'OPERATOR');
    await expect(create('mine', token)).rejects.toThrow(/^FORBIDDEN/);
    expect(await run('{ tenants { name } }', {}, token)).toEqual({ tenants: [{ name: 'acme' }] });
    expect(at(await run('{ tenants { name } }'), 'tenants')).toHaveLength(3);
  });

  it('are another’s business: each operator sees its own, and all others as if they were not there', async () => {
    const { token } = await join('acme', 'OPERATOR');
    const ask = async (tenant: string) => {
      const { errors } = await api.query(
        'query($tenant: String) { peers(tenant: $tenant) { edges { node { tenant } } } }',
        { tenant },
        token,
      );
      return errors?.map(({ message, extensions }) => [message.replace(tenant, '…'), extensions.code]);
    };
    expect(await ask('globex')).toEqual([['There is no tenant "…".', 'NOT_FOUND']]);
    expect(await ask('globex')).toEqual(await ask('nowhere'));
    expect(await ask('acme')).toBeUndefined();
    const peer = await join('acme');
    await expect(run('{ tenants { name } }', {}, peer.token)).rejects.toThrow(/^FORBIDDEN/);
  });

  it('let the same key be a peer of several, each with its own streams', async () => {
    const { key, token: inAcme } = await join('acme');
    const { token: inGlobex } = await join('globex', 'PEER', key);
    const inDefault = await api.token(key);
    for (const token of [inAcme, inGlobex, inDefault]) await createStream('same name', token);
    await api.token(key, { tenant: 'globex' });
    await expect(api.token(newKey(), { tenant: 'globex' })).rejects.toThrow(/no peer of a tenant "globex"/);
    await expect(api.token(newKey(), { tenant: 'nowhere' })).rejects.toThrow(/no peer of a tenant "nowhere"/);
    expect(
      at(await run('{ streams { edges { node { name } } } }', {}, inAcme), 'streams.edges'),
    ).toHaveLength(1);
  });

  it('can close the default one to new keys', async () => {
    const closed = await openTestApi(db.database, { openJoin: false });
    await expect(closed.token(newKey())).rejects.toThrow(/^FORBIDDEN/);
    await expect(api.token(newKey())).resolves.toBeDefined();
    await closed.close();
  });
});

describe('join codes', () => {
  it('let in as many keys as they may, however many come at once', async () => {
    const { code, joinCode } = await makeCode({ tenant: 'acme', maxUses: 3, label: 'the team' });
    const keys = Array.from({ length: 10 }, newKey);
    const outcomes = await Promise.allSettled(keys.map((key) => api.token(key, { joinCode: code })));
    const inside = keys.filter((_, index) => outcomes[index]?.status === 'fulfilled');
    expect(inside).toHaveLength(3);
    const codes = await run('{ joinCodes(tenant: "acme") { id uses maxUses label role revokedAt } }');
    expect(at(codes, 'joinCodes')).toContainEqual({
      ...{ id: joinCode.id, uses: 3, maxUses: 3, label: 'the team', role: 'PEER', revokedAt: null },
    });
    // Who is in signs in by it again.
    await expect(api.token(inside[0] ?? newKey(), { joinCode: code })).resolves.toBeDefined();
    const { rows } = await db.database.pool.query("SELECT encode(hash, 'escape') AS hash FROM join_codes");
    expect(rows.some(({ hash }) => String(hash).includes(code))).toBe(false);
  });

  it('are refused in the same words, whatever is wrong with them', async () => {
    const revoked = await makeCode({ tenant: 'acme' });
    await run('mutation($id: ID!) { revokeJoinCode(id: $id, tenant: "acme") { revokedAt } }', {
      id: revoked.joinCode.id,
    });
    const expired = await makeCode({ tenant: 'acme' });
    await db.database.pool.query("UPDATE join_codes SET expires_at = now() - interval '1 s' WHERE id = $1", [
      expired.joinCode.id,
    ]);
    const answers = [];
    for (const joinCode of [revoked.code, expired.code, 'join_nothing', '']) {
      answers.push((await api.signIn(newKey(), { joinCode })).errors);
    }
    expect(new Set(answers.map((errors) => JSON.stringify(errors))).size).toBe(1);
    expect(answers[0]).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  it('are checked when they are made', async () => {
    for (const input of [{ maxUses: 0 }, { expiresInSeconds: 0 }, { expiresInSeconds: 1e9 }]) {
      await expect(makeCode(input)).rejects.toThrow(/^BAD_INPUT/);
    }
  });
});

describe('roles', () => {
  it('let readers read, and no more', async () => {
    const { token, key } = await join('acme', 'READER');
    await run('{ streams { edges { node { name } } } }', {}, token);
    const writes = [
      'createStream(input: { name: "x" }) { uuid }',
      'publishObservations(input: { observations: [{ streamName: "x", value: 1 }] }) { failed }',
      'submitPredictions(input: { predictions: [{ streamUuid: "x", value: 1, baseHash: "x" }] }) { failed }',
      'retractObservation(id: "T2JzZXJ2YXRpb246MS4x")',
      'correctObservation(id: "T2JzZXJ2YXRpb246MS4x", value: 1) { id }',
    ];
    for (const write of writes) {
      await expect(run(`mutation { ${write} }`, {}, token)).rejects.toThrow(/^FORBIDDEN.*reader/);
    }
    await change('setPeerRole', key.publicKey, ', role: PEER');
    await expect(createStream('by a former reader', token)).resolves.toBeDefined();
  });

  it('keep operators from locking themselves or the installation out', async () => {
    const { token, key } = await join('acme', 'OPERATOR');
    await expect(change('revokePeer', key.publicKey, '', token)).rejects.toThrow(/^CONFLICT/);
    await api.token(operator, { tenant: 'acme' });
    await expect(change('revokePeer', operator.publicKey, '', token)).rejects.toThrow(/^CONFLICT/);
    await expect(change('revokePeer', newKey().publicKey, '', token)).rejects.toThrow(/^NOT_FOUND/);
  });
});

describe('limits', () => {
  it('take the first items of a batch and answer the others with LIMITED, at once', async () => {
    const { token, key } = await join('acme');
    const streamUuid = textAt(await createStream('limited', token), 'createStream.uuid');
    const set = await change('setPeerLimits', key.publicKey, ', limits: { observationsPerMinute: 5 }');
    expect(at(set, 'setPeerLimits.limits')).toEqual({ observationsPerMinute: 5, streams: 10_000 });
    const observations = Array.from({ length: 8 }, (_, n) => ({
      ...{ streamUuid, value: n === 1 ? 'x' : n },
      observedAt: new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString(),
    }));
    const publish = () =>
      run(
        'mutation($input: PublishObservationsInput!) { publishObservations(input: $input) { totalSubmitted successful failed observationIds errors { index code message } } }',
        { input: { observations } },
        token,
      );
    const first = await publish();
    expect(at(first, 'publishObservations')).toMatchObject({ totalSubmitted: 8, successful: 4, failed: 4 });
    const errors = listAt(first, 'publishObservations.errors');
    expect(errors.map((error) => [at(error, 'index'), at(error, 'code')])).toEqual([
      [1, 'BAD_VALUE'],
      [5, 'LIMITED'],
      [6, 'LIMITED'],
      [7, 'LIMITED'],
    ]);
    expect(at(errors[1], 'message')).toMatch(/limit is 5 observations a minute; try again in 1?\d s/);
    expect(at(await publish(), 'publishObservations')).toMatchObject({ successful: 0, failed: 8 });
    await change('setPeerLimits', key.publicKey, ', limits: { observationsPerMinute: null }');
    await change('setPeerLimits', key.publicKey, ', limits: { streams: 1 }');
    await expect(createStream('one more', token)).rejects.toThrow(/^LIMITED.*1 streams/);
  });

  it('take the first predictions of a batch, too', async () => {
    const { token, key } = await join('acme');
    const streamUuid = textAt(await createStream('predicted within limits', token), 'createStream.uuid');
    await run(
      'mutation($uuid: ID!) { publishObservations(input: { observations: [{ streamUuid: $uuid, value: 1 }] }) { failed } }',
      { uuid: streamUuid },
      token,
    );
    const latest = await run(
      'query($uuid: ID!) { stream(uuid: $uuid) { latest { hash } } }',
      { uuid: streamUuid },
      token,
    );
    const prediction = { streamUuid, baseHash: textAt(latest, 'stream.latest.hash'), value: 2 };
    await change('setPeerLimits', key.publicKey, ', limits: { predictionsPerMinute: 3 }');
    const horizons = [65, 1, 2, 3, 4];
    const submit = async () => {
      const data = await run(
        'mutation($input: SubmitPredictionsInput!) { submitPredictions(input: $input) { totalSubmitted successful duplicates failed predictionIds errors { index code } } }',
        { input: { predictions: horizons.map((horizon) => ({ ...prediction, horizon })) } },
        token,
      );
      return at(data, 'submitPredictions');
    };
    const limited = (from: number) =>
      horizons.slice(from).map((_, n) => ({ index: from + n, code: 'LIMITED' }));
    expect(await submit()).toEqual({
      ...{ totalSubmitted: 5, successful: 2, duplicates: 0, failed: 3 },
      predictionIds: [null, expect.any(String), expect.any(String), null, null],
      errors: [{ index: 0, code: 'BAD_HORIZON' }, ...limited(3)],
    });
    expect(await submit()).toEqual({
      ...{ totalSubmitted: 5, successful: 0, duplicates: 0, failed: 5 },
      ...{ predictionIds: horizons.map(() => null), errors: limited(0) },
    });
  });

  it('refuse batches of the wrong size as a whole, which costs nothing', async () => {
    const { token, key } = await join('acme');
    const streamUuid = textAt(await createStream('of many', token), 'createStream.uuid');
    const limits = ', limits: { observationsPerMinute: 1, predictionsPerMinute: 1 }';
    await change('setPeerLimits', key.publicKey, limits);
    const publish = (count: number) =>
      run(
        'mutation($input: PublishObservationsInput!) { publishObservations(input: $input) { successful } }',
        { input: { observations: Array.from({ length: count }, () => ({ streamUuid, value: 1 })) } },
        token,
      );
    const submit = (count: number) =>
      run(
        'mutation($input: SubmitPredictionsInput!) { submitPredictions(input: $input) { errors { code } } }',
        {
          input: {
            predictions: Array.from({ length: count }, () => ({ streamUuid, baseHash: 'x', value: 1 })),
          },
        },
        token,
      );
    for (const count of [0, 10_001]) await expect(publish(count)).rejects.toThrow(/^BAD_INPUT.* 1 to 10000 /);
    for (const count of [0, 1_001]) await expect(submit(count)).rejects.toThrow(/^BAD_INPUT.* 1 to 1000 /);
    expect(at(await publish(1), 'publishObservations.successful')).toBe(1);
    expect(at(await submit(1), 'submitPredictions.errors')).toEqual([{ code: 'UNKNOWN_BASE' }]);
  });

  it('bound sign-ins by key and by address, and say when to try again', async () => {
    const key = newKey();
    for (let n = 0; n < 5; n += 1) await api.token(key);
    await expect(api.token(key)).rejects.toThrow(/^LIMITED: .*with this key; try again in \d+ s/);
    const strict = await openTestApi(db.database, { signInsPerAddress: 4 });
    await strict.token(newKey());
    await strict.token(newKey());
    await expect(strict.token(newKey())).rejects.toThrow(/from this address; try again/);
    // Nobody chooses an address by a header …
    const ask = 'mutation { requestChallenge(publicKey: "x") { challenge } }';
    const spoofed = { 'x-forwarded-for': '10.0.0.1' };
    expect((await strict.query(ask, {}, undefined, spoofed)).errors?.[0]?.extensions.code).toBe('LIMITED');
    await strict.close();
    // … except behind a proxy that is trusted: its own entry is the last one.
    const proxied = await openTestApi(db.database, { signInsPerAddress: 3 }, { trustProxy: true });
    const codes = [];
    for (const via of ['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4', '5.5.5.5']) {
      const headers = { 'x-forwarded-for': `${via}, 10.0.0.9` };
      codes.push((await proxied.query(ask, {}, undefined, headers)).errors?.[0]?.extensions.code);
    }
    expect(codes).toEqual(['BAD_INPUT', 'BAD_INPUT', 'BAD_INPUT', 'LIMITED', 'LIMITED']);
    await proxied.close();
  });
});

describe('revoking', () => {
  it('ends tokens, refreshes and sign-ins; a restored peer has to sign in again', async () => {
    const { key, token } = await join('acme');
    const session = await api.signIn(key, { tenant: 'acme' });
    await createStream('before', token);
    const revoked = await change('revokePeer', key.publicKey);
    expect(at(revoked, 'revokePeer.revokedAt')).not.toBeNull();
    await expect(run('{ me { name } }', {}, token)).rejects.toThrow(/^UNAUTHENTICATED/);
    const refresh = `mutation { refreshSession(refreshToken: "${textAt(session, 'data.authenticate.refreshToken')}") { accessToken } }`;
    await expect(run(refresh)).rejects.toThrow(/^UNAUTHENTICATED/);
    await expect(api.token(key, { tenant: 'acme' })).rejects.toThrow(/^FORBIDDEN.*revoked/);
    await expect(api.token(key)).resolves.toBeDefined();
    await db.database.pool.query(
      "UPDATE peers SET tokens_after = now() + interval '1 s' WHERE public_key = $1 AND tenant = 'acme'",
      [key.publicKey],
    );
    await change('restorePeer', key.publicKey);
    await expect(run('{ me { name } }', {}, token)).rejects.toThrow(/^UNAUTHENTICATED/);
    await expect(run(refresh)).rejects.toThrow(/^UNAUTHENTICATED/);
    await expect(api.token(key, { tenant: 'acme' })).resolves.toBeDefined();
  });
});
