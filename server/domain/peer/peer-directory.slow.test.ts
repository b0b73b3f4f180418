import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStorage, type Storage } from '../../storage/storage.ts';
import { PeerDirectory } from './peer-directory.ts';
import { DEFAULT_PEER_SETTINGS } from './settings.ts';

const settings = { ...DEFAULT_PEER_SETTINGS, tenant: 'peers-test' };
let directory: string;
let storage: Storage;
let peers: PeerDirectory;
let time = Date.parse('2026-01-01T00:00:00Z');
const now = (): number => time;
const later = (seconds: number): void => {
  time += seconds * 1_000;
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'presage-peers-'));
  const silent = (): void => {};
  storage = await openStorage({ dataDir: directory, poolSize: 8 }, { info: silent, warn: silent });
  await storage.database.prisma.tenant.create({ data: { name: settings.tenant } });
}, 60_000);
afterAll(async () => {
  await storage?.close();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  peers = await open();
});

function open(): Promise<PeerDirectory> {
  return PeerDirectory.open({ prisma: storage.database.prisma, settings, now });
}

function keyPair(): { publicKey: string; sign: (text: string) => string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ format: 'jwk' }).x ?? '',
    sign: (text) => sign(null, Buffer.from(text, 'utf8'), privateKey).toString('base64url'),
  };
}

async function signIn(key = keyPair(), name?: string) {
  const { challenge } = await peers.challenge(key.publicKey);
  const signature = key.sign(challenge);
  return peers.authenticate({ publicKey: key.publicKey, challenge, signature, name });
}

const refusedWith = (message: RegExp) => ({
  code: 'UNAUTHENTICATED',
  message: expect.stringMatching(message),
});

describe('signing in', () => {
  it('makes a peer of whoever signs a challenge, and knows it again', async () => {
    const key = keyPair();
    const first = await signIn(key, ' neuron ');
    expect(first.peer).toMatchObject({ publicKey: key.publicKey, name: 'neuron', role: 'PEER' });
    expect(first.expiresIn).toBe(900);
    const second = await signIn(key);
    expect(second.peer).toEqual(first.peer);
    expect((await signIn(key, 'renamed')).peer).toEqual({ ...first.peer, name: 'renamed' });
    expect(await peers.find(settings.tenant, key.publicKey)).toMatchObject({ name: 'renamed' });
    expect(await peers.find('another', key.publicKey)).toBeUndefined();
  });

  it('counts an answer once, however many come at once and wherever', async () => {
    const key = keyPair();
    const other = await open();
    const { challenge, expiresAt } = await peers.challenge(key.publicKey);
    expect(expiresAt).toBe(time + 120_000);
    const input = { publicKey: key.publicKey, challenge, signature: key.sign(challenge) };
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => (index % 2 ? peers : other).authenticate(input)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(peers.authenticate(input)).rejects.toMatchObject(refusedWith(/answered already/));
  });

  it('refuses a challenge that is late, tampered with, of another key or of another server', async () => {
    const key = keyPair();
    const mallory = keyPair();
    const { challenge } = await peers.challenge(key.publicKey);
    const answer = (text: string, by = key) =>
      peers.authenticate({ publicKey: by.publicKey, challenge: text, signature: by.sign(text) });
    await expect(answer(challenge, mallory)).rejects.toMatchObject(refusedWith(/another key/));
    const [header, , signature] = challenge.split('.');
    const claims = { ...decodeJwt(challenge), sub: mallory.publicKey };
    const forged = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    await expect(answer(forged, mallory)).rejects.toMatchObject(refusedWith(/not one of this server/));
    await expect(answer('no challenge')).rejects.toMatchObject(refusedWith(/not one of this server/));
    const { accessToken } = await signIn(key);
    await expect(answer(accessToken)).rejects.toMatchObject(refusedWith(/not one of this server/));
    later(121);
    await expect(answer(challenge)).rejects.toMatchObject(refusedWith(/expired; ask for a new one/));
  });

  it('refuses a wrong signature, which does not use the challenge up', async () => {
    const key = keyPair();
    const { challenge } = await peers.challenge(key.publicKey);
    const input = { publicKey: key.publicKey, challenge };
    for (const signature of [keyPair().sign(challenge), key.sign(`${challenge} `), '', 'x'.repeat(86), '!']) {
      await expect(peers.authenticate({ ...input, signature })).rejects.toMatchObject(
        refusedWith(/not this key's signature/),
      );
    }
    await expect(peers.authenticate({ ...input, signature: key.sign(challenge) })).resolves.toMatchObject({
      expiresIn: 900,
    });
  });

  it.each(['', 'short', `${'A'.repeat(43)}=`, `${'A'.repeat(42)}B`, 'A'.repeat(44), 'é'.repeat(43)])(
    'refuses the key "%s"',
    async (publicKey) => {
      await expect(peers.challenge(publicKey)).rejects.toMatchObject({
        code: 'BAD_INPUT',
        message: expect.stringMatching(/32 bytes of an Ed25519 public key/),
      });
    },
  );

  it('refuses a name that is too long', async () => {
    await expect(signIn(keyPair(), 'n'.repeat(201))).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringMatching(/201 characters/),
    });
  });

  it('forgets answered challenges once they have expired', async () => {
    await signIn();
    later(180);
    await signIn();
    const left = await storage.database.prisma.usedChallenge.findMany();
    expect(left.every(({ expiresAt }) => expiresAt.getTime() >= time)).toBe(true);
  });
});

describe('access tokens', () => {
  it('name their peer to every process of the installation until they expire', async () => {
    const { accessToken, peer } = await signIn();
    for (const directory of [peers, await open()]) {
      expect(await directory.verify(accessToken)).toEqual({
        actor: { tenant: settings.tenant, peer },
        expiresAt: time + 900_000,
      });
    }
    later(899);
    await expect(peers.verify(accessToken)).resolves.toBeDefined();
    later(2);
    for (const directory of [peers, await open()]) {
      await expect(directory.verify(accessToken)).rejects.toMatchObject(
        refusedWith(/expired; get a new one/),
      );
    }
  });

  it('are refused if another server made them, or anyone changed them, or they are for something else', async () => {
    const { accessToken, refreshToken } = await signIn();
    const [header, claims] = accessToken.split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`;
    const { challenge } = await peers.challenge(keyPair().publicKey);
    for (const token of [`${header}.${claims}.AAAA`, unsigned, challenge, refreshToken, '', 'a.b.c']) {
      await expect(peers.verify(token)).rejects.toMatchObject(refusedWith(/no access token of this server/));
    }
    await storage.database.prisma.serverFact.update({
      where: { key: 'token_secret' },
      data: { value: 'another-secret-of-another-server-altogether' },
    });
    await expect((await open()).verify(accessToken)).rejects.toMatchObject(refusedWith(/no access token/));
  });

  it('end with their peer, some seconds after it is gone', async () => {
    const { accessToken, peer } = await signIn();
    await peers.verify(accessToken);
    await storage.database.prisma.peer.delete({ where: { id: peer.id } });
    await expect(peers.verify(accessToken)).resolves.toBeDefined();
    later(6);
    await expect(peers.verify(accessToken)).rejects.toMatchObject(refusedWith(/peer of this token is gone/));
  });
});

describe('refresh tokens', () => {
  it('give the next session, once each', async () => {
    let session = await signIn();
    for (let round = 0; round < 3; round++) {
      const next = await peers.refresh(session.refreshToken);
      expect(next.peer).toEqual(session.peer);
      expect(next.refreshToken).not.toBe(session.refreshToken);
      session = next;
    }
  });

  it('end the whole family when one is used twice, and no other', async () => {
    const key = keyPair();
    const first = await signIn(key);
    const elsewhere = await signIn(key);
    const second = await peers.refresh(first.refreshToken);
    await expect(peers.refresh(first.refreshToken)).rejects.toMatchObject(refusedWith(/used before/));
    await expect(peers.refresh(second.refreshToken)).rejects.toMatchObject(refusedWith(/used before/));
    await expect(peers.refresh(elsewhere.refreshToken)).resolves.toBeDefined();
  });

  it('work for one of several at once, which ends the family', async () => {
    const { refreshToken } = await signIn();
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => peers.refresh(refreshToken)));
    const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(won).toHaveLength(1);
    await expect(peers.refresh(won[0]?.refreshToken ?? '')).rejects.toMatchObject(refusedWith(/used before/));
  });

  it('are refused when expired or unknown', async () => {
    const { refreshToken } = await signIn();
    await expect(peers.refresh('nonsense')).rejects.toMatchObject(refusedWith(/no refresh token/));
    later(30 * 86_400 + 1);
    await expect(peers.refresh(refreshToken)).rejects.toMatchObject(refusedWith(/expired; sign in again/));
  });

  it('are not stored as they are', async () => {
    const { refreshToken } = await signIn();
    const rows = await storage.database.prisma.refreshToken.findMany();
    expect(rows.some(({ hash }) => Buffer.from(hash).includes(Buffer.from(refreshToken, 'base64url')))).toBe(
      false,
    );
    expect(rows.every(({ hash }) => hash.length === 32)).toBe(true);
  });
});

describe('an installation', () => {
  it('has one id and one secret, whoever starts first', async () => {
    await storage.database.prisma.serverFact.deleteMany();
    const opened = await Promise.all(Array.from({ length: 6 }, open));
    const key = keyPair();
    const [one, ...others] = opened;
    const challenge = (await one?.challenge(key.publicKey))?.challenge ?? '';
    const input = { publicKey: key.publicKey, challenge, signature: key.sign(challenge) };
    const session = await others.at(-1)?.authenticate(input);
    for (const directory of opened) {
      await expect(directory.verify(session?.accessToken ?? '')).resolves.toBeDefined();
    }
  });
});
