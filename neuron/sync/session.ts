import {
  AuthenticateDocument,
  RefreshSessionDocument,
  RequestChallengeDocument,
} from '../../schema/generated/graphql.ts';
import type { Identity } from './identity.ts';
import { ServerRefusal } from './server-errors.ts';
import type { Transport } from './transport.ts';

/** A token is renewed when this much of its life is over, so that it doesn't expire on the way. */
const RENEW_AT = 0.8;

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Epoch ms from which the access token should be renewed. */
  readonly renewAt: number;
}

export interface SessionOptions {
  readonly transport: Transport;
  readonly identity: Identity;
  readonly name: string | null;
  /** Where to sign in; the server's default tenant without it. */
  readonly place?: { readonly joinCode: string } | { readonly tenant: string };
  readonly now?: () => number;
}

/**
 * The neuron's sign-in: challenge, signature, then tokens that refresh each other; a refresh that is refused means
 * signing in again. Callers at the same time share one renewal: each refresh token works only once.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #now: () => number;
  #tokens: Tokens | undefined;
  #renewal: Promise<Tokens> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** An access token that should still be good. Throws `ServerRefusal`, `ServerUnreachable`. */
  async token(): Promise<string> {
    const tokens = this.#tokens;
    if (tokens && this.#now() < tokens.renewAt) return tokens.accessToken;
    return (await this.#renew()).accessToken;
  }

  /** Says that the server refused this token, so that the next one is another. */
  refused(accessToken: string): void {
    if (this.#tokens?.accessToken === accessToken) this.#tokens = { ...this.#tokens, renewAt: 0 };
  }

  #renew(): Promise<Tokens> {
    this.#renewal ??= this.#obtain().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #obtain(): Promise<Tokens> {
    const refreshToken = this.#tokens?.refreshToken;
    // If the answer to a refresh is lost, the token is spent all the same: whatever happens, it is not used again.
    this.#tokens = undefined;
    const session = (refreshToken && (await this.#refresh(refreshToken))) || (await this.#signIn());
    const { accessToken, expiresIn } = session;
    this.#tokens = {
      accessToken,
      refreshToken: session.refreshToken,
      renewAt: this.#now() + expiresIn * 1_000 * RENEW_AT,
    };
    return this.#tokens;
  }

  async #refresh(refreshToken: string) {
    try {
      return (await this.#options.transport.request(RefreshSessionDocument, { refreshToken })).refreshSession;
    } catch (error) {
      if (error instanceof ServerRefusal) return undefined;
      throw error;
    }
  }

  async #signIn() {
    const { transport, identity, name, place } = this.#options;
    const { publicKey } = identity;
    const { requestChallenge } = await transport.request(RequestChallengeDocument, { publicKey });
    const { challenge } = requestChallenge;
    const signature = identity.sign(challenge);
    const input = { publicKey, challenge, signature, ...(name === null ? {} : { name }), ...place };
    return (await transport.request(AuthenticateDocument, { input })).authenticate;
  }
}
