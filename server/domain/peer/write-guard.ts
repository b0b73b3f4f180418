import { type ItemError, PresageError } from '../../../schema/errors.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { Actor, PeerLimits } from '../actor.ts';
import type { Peers, Standing } from './peers.ts';
import { again, RateLimiter } from './rate-limiter.ts';

/** Asks, before every write, what the peer may do now: whoever was revoked since it signed in is turned away. */
export class WriteGuard {
  readonly #peers: Pick<Peers, 'standing'>;
  readonly #limiter: RateLimiter;

  constructor(peers: Pick<Peers, 'standing'>, now: () => EpochMs) {
    this.#peers = peers;
    this.#limiter = new RateLimiter(now);
  }

  /** Throws `UNAUTHENTICATED` for a peer that is revoked, `FORBIDDEN` for a reader. */
  async admit({ tenant, peer }: Actor): Promise<Standing> {
    const standing = await this.#peers.standing(tenant, peer.publicKey);
    if (!standing) throw new PresageError('UNAUTHENTICATED', 'This peer is gone or was revoked.');
    if (standing.peer.role === 'READER') {
      throw new PresageError(
        'FORBIDDEN',
        'This peer is a reader, which writes nothing; an operator of its tenant can make it a peer.',
      );
    }
    return standing;
  }

  /** How many of a batch of `wanted` items the peer may send now, and what the others are answered with. */
  async take(actor: Actor, limit: Rate, wanted: number): Promise<{ granted: number; refused: ItemError[] }> {
    const { limits } = await this.admit(actor);
    const bucket = `${limit} ${actor.tenant} ${actor.peer.publicKey}`;
    const grant = this.#limiter.take(bucket, wanted, limits[limit]);
    if (grant.granted === wanted) return { granted: wanted, refused: [] };
    const message = `This peer's limit is ${limits[limit]} ${WHAT[limit]} a minute; ${again(grant)}.`;
    const refused = Array.from({ length: wanted - grant.granted }, (_, n): ItemError => {
      return { index: grant.granted + n, code: 'LIMITED', message };
    });
    return { granted: grant.granted, refused };
  }

  /** As `take`, for what is sent alone. Throws `LIMITED`. */
  async takeOne(actor: Actor, limit: Rate): Promise<void> {
    const [refusal] = (await this.take(actor, limit, 1)).refused;
    if (refusal) throw new PresageError('LIMITED', refusal.message);
  }
}

type Rate = Exclude<keyof PeerLimits, 'streams'>;

const WHAT: Record<Rate, string> = {
  observationsPerMinute: 'observations',
  predictionsPerMinute: 'predictions',
};
