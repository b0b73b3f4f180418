import { PresageError } from '../../schema/errors.ts';
import { failureReason } from '../../schema/failure-reason.ts';
import { readAnswer } from './answer.ts';
import type { PublisherKey } from './key-file.ts';
import type { Operation } from './operation.ts';
import { authenticate, requestChallenge } from './operations.ts';

/** How long one request may take, in ms. */
const REQUEST_TIMEOUT_MS = 30_000;

export interface Session {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds until the access token expires. */
  readonly expiresIn: number;
}

export interface ClientOptions {
  /** Without a path: `http://127.0.0.1:4000`. */
  readonly serverUrl: string;
  /** Called when signing in is needed; a command that only reads may never need it. */
  readonly key: () => Promise<PublisherKey>;
  /** Where to sign in: a tenant that the key is a peer of, or a code that lets it into one. */
  readonly place?: { readonly tenant: string } | { readonly joinCode: string };
}

/** Talks to a server by GraphQL over HTTP. Signs in when the server asks for it, and again when a token has expired. */
export class GraphqlClient {
  readonly url: string;
  readonly #key: ClientOptions['key'];
  readonly #place: ClientOptions['place'];
  #accessToken: string | null = null;
  #signingIn: Promise<Session> | undefined;

  constructor(options: ClientOptions) {
    this.url = `${options.serverUrl}/graphql`;
    this.#key = options.key;
    this.#place = options.place;
  }

  get accessToken(): string | null {
    return this.#accessToken;
  }

  /** Throws the server's own errors, and `UNAVAILABLE` if it can't be reached. */
  async request<R, V extends object>(operation: Operation<R, V>, variables: V): Promise<R> {
    await this.enter();
    try {
      return await this.#post(operation, variables);
    } catch (error) {
      if (!(error instanceof PresageError) || error.code !== 'UNAUTHENTICATED') throw error;
      await this.signIn();
      return await this.#post(operation, variables);
    }
  }

  /** Signs in if a tenant was named, once: whoever reads without a token reads the tenant "default". */
  async enter(): Promise<void> {
    if (this.#place && this.#accessToken === null) await this.signIn();
  }

  /**
   * Proves who we are by signing the server's challenge; requests carry the token from here on. Of several at once one is
   * made: a join code may be good for one only.
   */
  signIn(): Promise<Session> {
    this.#signingIn ??= this.#prove().finally(() => {
      this.#signingIn = undefined;
    });
    return this.#signingIn;
  }

  async #prove(): Promise<Session> {
    const { publicKey, sign } = await this.#key();
    this.#accessToken = null;
    const { requestChallenge: asked } = await this.#post(requestChallenge, { publicKey });
    const input = { publicKey, challenge: asked.challenge, signature: sign(asked.challenge), ...this.#place };
    const { authenticate: session } = await this.#post(authenticate, { input });
    this.#accessToken = session.accessToken;
    return session;
  }

  #post<R, V extends object>(operation: Operation<R, V>, variables: V): Promise<R> {
    return askGraphql(this.url, operation, this.#accessToken, REQUEST_TIMEOUT_MS, variables);
  }
}

/** One request. Throws the server's own errors, and `UNAVAILABLE` if it can't be reached within `timeoutMs`. */
export async function askGraphql<R, V extends object>(
  url: string,
  operation: Operation<R, V>,
  accessToken: string | null,
  timeoutMs: number,
  variables: V,
): Promise<R> {
  const response = await send(
    url,
    accessToken,
    timeoutMs,
    JSON.stringify({ query: operation.text, variables }),
  );
  const body = await read(url, response);
  if (body === undefined) {
    const code = response.status >= 500 ? 'UNAVAILABLE' : 'INTERNAL';
    throw new PresageError(
      code,
      `${url} answered with HTTP ${response.status} and no GraphQL; is it a Presage server?`,
    );
  }
  return readAnswer(operation.result, body);
}

async function send(
  url: string,
  accessToken: string | null,
  timeoutMs: number,
  body: string,
): Promise<Response> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/graphql-response+json, application/json',
  };
  if (accessToken !== null) headers.authorization = `Bearer ${accessToken}`;
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    // Whoever redirects could send it anywhere.
    return await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
  } catch (error) {
    throw unreachable(url, error);
  }
}

async function read(url: string, response: Response): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    throw unreachable(url, error);
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Nobody answered at `url`. */
export function unreachable(url: string, error: unknown): PresageError {
  return new PresageError(
    'UNAVAILABLE',
    `No answer from ${url} (${failureReason(error)}); start a server with "presage start", or name another with --server.`,
    { cause: error },
  );
}
