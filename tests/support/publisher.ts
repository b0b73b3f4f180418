import { generateKeyPairSync, type KeyPairKeyObjectResult, sign } from 'node:crypto';

interface Answer {
  readonly data?: Record<string, unknown>;
  readonly errors?: readonly { message: string; extensions?: { code?: string } }[];
}

/** A publisher as a program of somebody else's would be: plain HTTP, its own key, no code of ours. */
export class Publisher {
  readonly keys: KeyPairKeyObjectResult;
  readonly #url: string;
  /** Where it signs in: `joinCode` the first time, `tenant` ever after; the default tenant without. */
  readonly #place: { tenant?: string; joinCode?: string } = {};
  #token: string | undefined;

  /** With the keys of another it is the same peer, perhaps at another server. */
  constructor(serverUrl: string, keys: KeyPairKeyObjectResult = generateKeyPairSync('ed25519')) {
    this.#url = `${serverUrl}/graphql`;
    this.keys = keys;
  }

  get publicKey(): string {
    return this.keys.publicKey.export({ format: 'jwk' }).x ?? '';
  }

  get token(): string {
    return this.#token ?? '';
  }

  /** Becomes a peer of the tenant that the code lets into. */
  async join(tenant: string, joinCode: string): Promise<void> {
    await this.signIn({ joinCode });
    this.#place.tenant = tenant;
  }

  /** Signs in where it is a peer. */
  async signIn(place: object = this.#place): Promise<string> {
    // One that has expired would be refused before the question is looked at.
    this.#token = undefined;
    const { publicKey } = this;
    const asked = await this.ask(
      'mutation ($publicKey: String!) { requestChallenge(publicKey: $publicKey) { challenge } }',
      {
        publicKey,
      },
    );
    const { challenge } = asked.requestChallenge as { challenge: string };
    const signature = sign(null, Buffer.from(challenge), this.keys.privateKey).toString('base64url');
    const session = await this.ask(
      'mutation ($input: AuthenticateInput!) { authenticate(input: $input) { accessToken } }',
      { input: { publicKey, challenge, signature, ...place } },
    );
    this.#token = (session.authenticate as { accessToken: string }).accessToken;
    return this.#token;
  }

  /** Throws the first error of an answer that has one. */
  async ask(query: string, variables: object = {}): Promise<Record<string, unknown>> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.#token ? { authorization: `Bearer ${this.#token}` } : {}),
      },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as Answer;
    if (errors?.[0]) throw new Error(`${errors[0].extensions?.code}: ${errors[0].message}`);
    return data ?? {};
  }

  /** Keeps asking while the server is away. */
  async insist(query: string, variables: object = {}): Promise<Record<string, unknown>> {
    for (;;) {
      try {
        return await this.ask(query, variables);
      } catch (error) {
        const away = error instanceof TypeError || /UNAVAILABLE|INTERNAL/.test(String(error));
        // Long runs outlive an access token.
        if (/^Error: UNAUTHENTICATED/.test(String(error))) await this.signIn();
        else if (!away) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}
