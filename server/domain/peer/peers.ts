import type { PeerDocument } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { Actor, PeerLimits } from '../actor.ts';
import type { ControlEvent } from '../control/control.ts';

export interface SignIn {
  readonly publicKey: string;
  readonly challenge: string;
  readonly signature: string;
  readonly name?: string | null | undefined;
  /** Lets the key into the tenant that it is of; not together with `tenant`. */
  readonly joinCode?: string | null | undefined;
  /** A tenant that the key is a peer of; by default the one that everybody is in who names none. */
  readonly tenant?: string | null | undefined;
}

export interface SessionTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds until the access token expires. */
  readonly expiresIn: number;
  readonly peer: PeerDocument;
}

/** What a peer may do now. */
export interface Standing {
  readonly peer: PeerDocument;
  readonly limits: PeerLimits;
  /** Whether it runs the installation, and not only its tenant. */
  readonly installation: boolean;
}

/** Who a token speaks for. */
export interface Principal {
  readonly actor: Actor;
  readonly expiresAt: EpochMs;
}

export interface Peers {
  /** A challenge for this key, to be signed and answered once, soon, here. Throws `BAD_INPUT` for a bad key. */
  challenge(publicKey: string, from?: string): Promise<{ challenge: string; expiresAt: EpochMs }>;
  /**
   * Throws `UNAUTHENTICATED` if the challenge is not ours, expired or answered, or the signature is wrong; `FORBIDDEN`
   * if the key may not be in the tenant; `LIMITED` for too many from the key or from the address `from`, as the other
   * two steps of signing in do.
   */
  authenticate(input: SignIn, from?: string): Promise<SessionTokens>;
  /** Each refresh token works once; its second use ends the whole family. Throws `UNAUTHENTICATED`. */
  refresh(refreshToken: string, from?: string): Promise<SessionTokens>;
  /** Throws `UNAUTHENTICATED` for a token that is not ours, has expired, or whose peer is revoked. */
  verify(accessToken: string): Promise<Principal>;
  /** A peer of the tenant, revoked or not. */
  find(tenant: string, publicKey: string): Promise<PeerDocument | undefined>;
  /** What a peer may do now; `undefined` if it is revoked or there is none. */
  standing(tenant: string, publicKey: string): Promise<Standing | undefined>;
  /** Hears what an operator changed: what is remembered of it is asked for again. */
  hear(event: ControlEvent): void;
}
