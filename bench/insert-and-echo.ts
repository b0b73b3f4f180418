import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import pg from 'pg';
import { WebSocket } from 'ws';

const INSERT = `INSERT INTO observations (tenant, position, stream_id, observed_at, value, hash, provider, ts)
                VALUES ('default', $1, $2, $3, $4, $5, 'bench', now())`;
/** Far beyond the positions of the server, and long before anything that it has. */
const FIRST_POSITION = 2_000_000_000;
const FIRST_TIME = 1_000_000_000_000;

/**
 * What publishing and delivering can't be had for less: one committed insert of an observation's row by `pg`, into the
 * table it goes into, and one round trip over a bare WebSocket to another process.
 */
export class InsertAndEcho {
  /** Of all of them, so that none takes another's place. */
  static #rows = 0;
  readonly #child: ChildProcess;
  readonly #socket: WebSocket;
  readonly #client: pg.Client;
  readonly #stream: number;

  private constructor(child: ChildProcess, socket: WebSocket, client: pg.Client, stream: number) {
    this.#child = child;
    this.#socket = socket;
    this.#client = client;
    this.#stream = stream;
  }

  /** Needs a stream to insert rows for; that of the tenant `default` which was made last is taken. */
  static async open(databaseUrl: string): Promise<InsertAndEcho> {
    const child = fork(new URL('./echo-child.ts', import.meta.url));
    const [port] = await once(child, 'message');
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    await once(socket, 'open');
    const client = new pg.Client(databaseUrl);
    await client.connect();
    const { rows } = await client.query<{ id: number }>(
      "SELECT max(id) AS id FROM streams WHERE tenant = 'default'",
    );
    return new InsertAndEcho(child, socket, client, rows[0]?.id ?? 0);
  }

  async once(): Promise<void> {
    InsertAndEcho.#rows += 1;
    const row = InsertAndEcho.#rows;
    const hash = createHash('sha256').update(String(row)).digest();
    await this.#client.query({
      ...{ name: 'insert', text: INSERT },
      values: [FIRST_POSITION + row, this.#stream, new Date(FIRST_TIME + row), String(row), hash],
    });
    const echoed = new Promise((resolve) => this.#socket.once('message', resolve));
    this.#socket.send(`{"value":"${row}"}`);
    await echoed;
  }

  async close(): Promise<void> {
    this.#socket.terminate();
    this.#child.disconnect();
    await this.#client.end();
  }
}
