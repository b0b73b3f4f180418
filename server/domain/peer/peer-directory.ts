import type { Peer as PeerRow, PrismaClient } from '../../../prisma/client/client.ts';
import { PresageError } from '../../../schema/errors.ts';
import type { PeerDocument } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { ControlEvent } from '../control/control.ts';
import { AccessTokens } from './access-tokens.ts';
import { Challenges } from './challenges.ts';
import { ExpiringCache } from './expiring-cache.ts';
import { Joining } from './joining.ts';
import { checkPeerName } from './peer-name.ts';
import { toLimits, toPeer } from './peer-row.ts';
import type { Peers, Principal, SessionTokens, SignIn, Standing } from './peers.ts';
import { RefreshTokens } from './refresh-tokens.ts';
import { type ServerFacts, serverFacts } from './server-facts.ts';
import type { PeerSettings } from './settings.ts';
import { SignInLimits } from './sign-in-limits.ts';
import { TokenSigner } from './token-signer.ts';

export interface PeerParts {
  readonly prisma: PrismaClient;
  readonly settings: PeerSettings;
  /** The clock; tests hand in their own. */
  readonly now?: () => EpochMs;
}

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
  readonly #joining: Joining;
  readonly #limits: SignInLimits;
  #peers: ExpiringCache<PeerRow>;
  /** Moves with every change that is heard of: a row whose reading began before it is not remembered. */
  #version = 0;
  /** Rows that are being read, by version and key: of many calls that miss the cache at once one asks. */
  readonly #asking = new Map<string, Promise<PeerRow | undefined>>();
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
    this.#joining = new Joining(prisma, settings, now);
    this.#limits = new SignInLimits(settings, now);
    this.#peers = new ExpiringCache(REMEMBERED_PEERS, now);
  }

  async challenge(publicKey: string, from?: string): Promise<{ challenge: string; expiresAt: EpochMs }> {
    this.#limits.countAddress(from);
    return this.#challenges.issue(publicKey);
  }

  async authenticate(input: SignIn, from?: string): Promise<SessionTokens> {
    this.#limits.countAddress(from);
    const name = checkPeerName(input.name);
    await this.#challenges.answer(input);
    this.#limits.countKey(input.publicKey);
    await this.#purge();
    const row = await this.#joining.join(input, name);
    this.#version += 1;
    this.#peers.delete(cacheKey(row.tenant, row.publicKey));
    return this.#session(row, await this.#refresh.begin(row.id));
  }

  async refresh(refreshToken: string, from?: string): Promise<SessionTokens> {
    this.#limits.countAddress(from);
    const { peerId, next } = await this.#refresh.rotate(refreshToken);
    const row = await this.#prisma.peer.findUniqueOrThrow({ where: { id: peerId } });
    if (row.revokedAt) throw gone();
    return this.#session(row, next);
  }

  async verify(accessToken: string): Promise<Principal> {
    const { tenant, publicKey, issuedAt, expiresAt } = await this.#access.check(accessToken);
    const row = await this.#row(tenant, publicKey);
    if (!row || row.revokedAt || isFromBefore(row.tokensAfter, issuedAt)) throw gone();
    return { actor: { tenant, peer: toPeer(row, this.#settings) }, expiresAt };
  }

  async find(tenant: string, publicKey: string): Promise<PeerDocument | undefined> {
    const row = await this.#row(tenant, publicKey);
    return row && toPeer(row, this.#settings);
  }

  async standing(tenant: string, publicKey: string): Promise<Standing | undefined> {
    const row = await this.#row(tenant, publicKey);
    if (!row || row.revokedAt) return undefined;
    const rules = this.#settings;
    return {
      peer: toPeer(row, rules),
      limits: toLimits(row, rules),
      installation: rules.operatorKeys.includes(publicKey),
    };
  }

  hear(event: ControlEvent): void {
    this.#version += 1;
    if (event.kind === 'peer') this.#peers.delete(cacheKey(event.tenant, event.publicKey));
    else this.#peers = new ExpiringCache(REMEMBERED_PEERS, this.#now);
  }

  async #session(row: PeerRow, refreshToken: string): Promise<SessionTokens> {
    const peer = toPeer(row, this.#settings);
    const accessToken = await this.#access.issue(row.tenant, peer);
    return { accessToken, refreshToken, expiresIn: this.#access.seconds, peer };
  }

  async #row(tenant: string, publicKey: string): Promise<PeerRow | undefined> {
    const key = cacheKey(tenant, publicKey);
    const known = this.#peers.get(key);
    if (known) return known;
    const version = this.#version;
    const asked = `${version} ${key}`;
    const asking =
      this.#asking.get(asked) ?? this.#ask(tenant, publicKey).finally(() => this.#asking.delete(asked));
    this.#asking.set(asked, asking);
    const row = await asking;
    if (!row) return undefined;
    if (version === this.#version) this.#peers.set(key, row, this.#now() + this.#settings.peerCacheMs);
    return row;
  }

  async #ask(tenant: string, publicKey: string): Promise<PeerRow | undefined> {
    const where = { tenant_publicKey: { tenant, publicKey } };
    return (await this.#prisma.peer.findUnique({ where })) ?? undefined;
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

/** Tokens know when they were issued to the second. */
function isFromBefore(tokensAfter: Date | null, issuedAt: EpochMs): boolean {
  return tokensAfter !== null && issuedAt + 1_000 <= tokensAfter.getTime();
}

function gone(): PresageError {
  return new PresageError(
    'UNAUTHENTICATED',
    'The peer of this token is gone or was revoked; sign in again with requestChallenge and authenticate.',
  );
}
