import type { Peer as PeerRow, PrismaClient } from '../../../prisma/client/client.ts';
import { PresageError } from '../../../schema/errors.ts';
import type { PeerDocument } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { Peers, Principal, SessionTokens, SignIn } from '../domain.ts';
import { AccessTokens } from './access-tokens.ts';
import { Challenges } from './challenges.ts';
import { ExpiringCache } from './expiring-cache.ts';
import { RefreshTokens } from './refresh-tokens.ts';
import { type ServerFacts, serverFacts } from './server-facts.ts';
import type { PeerSettings } from './settings.ts';
import { TokenSigner } from './token-signer.ts';

export interface PeerParts {
  readonly prisma: PrismaClient;
  readonly settings: PeerSettings;
  /** The clock; tests hand in their own. */
  readonly now?: () => EpochMs;
}

const MAX_NAME = 200;
const REMEMBERED_PEERS = 10_000;
/** How often expired challenges and refresh tokens are deleted, at most. */
const PURGE_EVERY_MS = 60_000;

/** Who may act: signing in by Ed25519, and the tokens that come of it. Needs the row of `settings.tenant`. */
export class PeerDirectory implements Peers {
  readonly #prisma: PrismaClient;
  readonly #settings: PeerSettings;
  readonly #now: () => EpochMs;
  readonly #challenges: Challenges;
  readonly #access: AccessTokens;
  readonly #refresh: RefreshTokens;
  readonly #peers: ExpiringCache<PeerDocument>;
  #purgedAt = 0;

  /** Opens the directory of this installation, making its id and secret if it is new. */
  static async open(parts: PeerParts): Promise<PeerDirectory> {
    return new PeerDirectory(parts, await serverFacts(parts.prisma));
  }

  private constructor({ prisma, settings, now = Date.now }: PeerParts, facts: ServerFacts) {
    const signer = new TokenSigner(facts, now);
    this.#prisma = prisma;
    this.#settings = settings;
    this.#now = now;
    this.#challenges = new Challenges(prisma, signer, settings.challengeSeconds, now);
    this.#access = new AccessTokens(signer, settings.accessSeconds, now);
    this.#refresh = new RefreshTokens(prisma, settings.refreshSeconds, now);
    this.#peers = new ExpiringCache(REMEMBERED_PEERS, now);
  }

  challenge(publicKey: string): Promise<{ challenge: string; expiresAt: EpochMs }> {
    return this.#challenges.issue(publicKey);
  }

  async authenticate(input: SignIn): Promise<SessionTokens> {
    const name = checkName(input.name);
    await this.#challenges.answer(input);
    await this.#purge();
    const { tenant } = this.#settings;
    const row = await this.#prisma.peer.upsert({
      where: { tenant_publicKey: { tenant, publicKey: input.publicKey } },
      create: { tenant, publicKey: input.publicKey, name, role: 'PEER' },
      update: name === null ? {} : { name },
    });
    return this.#session(row, await this.#refresh.begin(row.id));
  }

  async refresh(refreshToken: string): Promise<SessionTokens> {
    const { peerId, next } = await this.#refresh.rotate(refreshToken);
    return this.#session(await this.#prisma.peer.findUniqueOrThrow({ where: { id: peerId } }), next);
  }

  async verify(accessToken: string): Promise<Principal> {
    const { tenant, publicKey, expiresAt } = await this.#access.check(accessToken);
    const peer = await this.find(tenant, publicKey);
    if (!peer) {
      throw new PresageError(
        'UNAUTHENTICATED',
        'The peer of this token is gone; sign in again with requestChallenge and authenticate.',
      );
    }
    return { actor: { tenant, peer }, expiresAt };
  }

  async find(tenant: string, publicKey: string): Promise<PeerDocument | undefined> {
    const known = this.#peers.get(cacheKey(tenant, publicKey));
    if (known) return known;
    const row = await this.#prisma.peer.findUnique({ where: { tenant_publicKey: { tenant, publicKey } } });
    return row ? this.#remember(row) : undefined;
  }

  async #session(row: PeerRow, refreshToken: string): Promise<SessionTokens> {
    const peer = this.#remember(row);
    const accessToken = await this.#access.issue(row.tenant, peer);
    return { accessToken, refreshToken, expiresIn: this.#access.seconds, peer };
  }

  #remember(row: PeerRow): PeerDocument {
    const peer = peerDocument(row);
    const until = this.#now() + this.#settings.peerCacheMs;
    this.#peers.set(cacheKey(row.tenant, row.publicKey), peer, until);
    return peer;
  }

  async #purge(): Promise<void> {
    if (this.#now() - this.#purgedAt < PURGE_EVERY_MS) return;
    this.#purgedAt = this.#now();
    await Promise.all([this.#challenges.purge(), this.#refresh.purge()]);
  }
}

function cacheKey(tenant: string, publicKey: string): string {
  return `${tenant} ${publicKey}`;
}

function peerDocument({ id, publicKey, name, role, createdAt }: PeerRow): PeerDocument {
  return { id, publicKey, name, role, createdAt: createdAt.getTime() };
}

function checkName(name: string | null | undefined): string | null {
  const text = name?.trim();
  if (!text) return null;
  if (text.length <= MAX_NAME && !text.includes('\0')) return text;
  throw new PresageError(
    'BAD_INPUT',
    `The name has ${text.length} characters; give at most ${MAX_NAME}, none of them NUL.`,
  );
}
