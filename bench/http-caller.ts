import { HttpConnection } from './http-connection.ts';

/**
 * A GraphQL caller over kept-alive connections that costs as little as a real HTTP client can: `fetch` and `node:http`
 * take about as long for a small call as the server does, and then measure themselves. Throws the first error of an
 * answer that has one.
 */
export class HttpCaller {
  readonly #head: string;
  readonly #connections: readonly HttpConnection[];
  readonly #free: HttpConnection[];
  readonly #waiting: ((connection: HttpConnection) => void)[] = [];

  /** Calls beyond the number of connections wait for one that is free. */
  constructor(port: number, token: string, connections: number) {
    this.#head = [
      'POST /graphql HTTP/1.1',
      `Host: 127.0.0.1:${port}`,
      'Content-Type: application/json',
      `Authorization: Bearer ${token}`,
      'Content-Length: ',
    ].join('\r\n');
    this.#connections = Array.from({ length: connections }, () => new HttpConnection(port));
    this.#free = [...this.#connections];
  }

  async ask(query: string, variables: object): Promise<Record<string, unknown>> {
    const body = JSON.stringify({ query, variables });
    const connection = this.#free.pop() ?? (await this.#nextFree());
    try {
      const sent = `${this.#head}${Buffer.byteLength(body)}\r\n\r\n${body}`;
      const answer = JSON.parse(await connection.send(sent));
      if (answer.errors?.[0]) throw new Error(answer.errors[0].message);
      return answer.data;
    } finally {
      const next = this.#waiting.shift();
      if (next) next(connection);
      else this.#free.push(connection);
    }
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  #nextFree(): Promise<HttpConnection> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
