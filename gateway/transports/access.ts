import { PresageError } from '../../schema/errors.ts';
import type { Authenticate, Identity } from '../ports.ts';

/** Longest delay that a Node timer keeps. */
const MAX_DELAY = 2_147_483_647;

/** The token in a `connection_init` or `ping` payload: `accessToken`, or `authorization: "Bearer …"`; null if none. */
export function tokenOf(payload: Readonly<Record<string, unknown>> | null): string | null {
  const given = payload?.accessToken;
  if (typeof given === 'string') return given;
  if (given !== undefined && given !== null) throw unreadable('accessToken is not a string');
  return bearerOf(payload?.authorization ?? payload?.Authorization);
}

/** The token of an `Authorization` header's value; null if there is none. Throws `UNAUTHENTICATED` for other schemes. */
export function bearerOf(authorization: unknown): string | null {
  if (authorization === undefined || authorization === null) return null;
  const token =
    typeof authorization === 'string' ? /^Bearer +(\S+)$/i.exec(authorization.trim())?.[1] : undefined;
  if (token === undefined) throw unreadable('authorization is not "Bearer <access token>"');
  return token;
}

function unreadable(why: string): PresageError {
  return new PresageError('UNAUTHENTICATED', `The ${why}.`);
}

/** Whom a connection acts for, for as long as its token is good. */
export class Access {
  readonly #authenticate: Authenticate;
  readonly #onExpired: () => void;
  readonly #address: string | undefined;
  #identity: Identity | null = null;
  #expiry: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(authenticate: Authenticate, onExpired: () => void, address?: string) {
    this.#authenticate = authenticate;
    this.#onExpired = onExpired;
    this.#address = address;
  }

  get identity(): Identity | null {
    return this.#identity;
  }

  /** Takes a first token, or a newer one of the same peer. Throws `UNAUTHENTICATED`, `FORBIDDEN`. */
  async take(token: string | null): Promise<void> {
    const identity = await this.#authenticate(token, this.#address);
    const present = this.#identity;
    if (present && (identity.tenant !== present.tenant || !samePeer(identity, present))) {
      throw new PresageError('FORBIDDEN', 'The token is of another peer; open another connection for it.');
    }
    this.#identity = identity;
    this.#watchExpiry();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#expiry);
  }

  #watchExpiry(): void {
    clearTimeout(this.#expiry);
    const expiresAt = this.#identity?.expiresAt ?? null;
    if (expiresAt === null || this.#stopped) return;
    const left = expiresAt - Date.now();
    if (left <= 0) {
      this.#onExpired();
      return;
    }
    this.#expiry = setTimeout(() => this.#watchExpiry(), Math.min(left, MAX_DELAY));
    this.#expiry.unref();
  }
}

/** An anonymous reader may become a peer, a peer never another one. */
function samePeer(next: Identity, present: Identity): boolean {
  return present.publicKey === null || next.publicKey === present.publicKey;
}
