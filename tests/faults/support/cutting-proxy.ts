import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Link {
  readonly client: Socket;
  readonly upstream: Socket;
}

/** Stands between clients and a server, and cuts connections in the middle of whatever they carry. */
export class CuttingProxy {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #target: URL;
  #isMute = false;
  #shutPort = 0;
  /** Connections cut so far. */
  cuts = 0;

  private constructor(server: Server, target: URL) {
    this.#server = server;
    this.#target = target;
  }

  /** A proxy for `target`, `http://host:port`, on a port of its own. */
  static async open(target: string): Promise<CuttingProxy> {
    const server = createServer();
    const proxy = new CuttingProxy(server, new URL(target));
    server.on('connection', (client) => {
      const { hostname, port } = proxy.#target;
      proxy.#link(client, connect(Number(port), hostname));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** The port that it listens on. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Leads new connections to another server from now on. */
  lead(target: string): void {
    this.#target = new URL(target);
  }

  /** Leads to another server from now on, and cuts the connections to the one before. */
  redirect(target: string): void {
    this.lead(target);
    this.cut();
  }

  get open(): number {
    return this.#links.size;
  }

  /** Destroys those of the connections that `chosen` says: what is on its way is lost, either way. */
  cut(chosen: () => boolean = () => true): void {
    for (const link of this.#links) {
      if (!chosen()) continue;
      this.cuts += 1;
      link.client.resetAndDestroy();
      link.upstream.resetAndDestroy();
    }
  }

  /** Takes nothing more from the server for those connections, as if their clients did not read. */
  stall(chosen: () => boolean = () => true): void {
    for (const { upstream, client } of this.#links) {
      if (!chosen()) continue;
      upstream.unpipe(client);
      upstream.pause();
    }
  }

  /** Goes on for all that were stalled. */
  flow(): void {
    for (const { upstream, client } of this.#links) {
      if (upstream.isPaused()) upstream.pipe(client);
    }
  }

  /** Passes on nothing more of what clients send, as if it got lost on the way; what the server sends still comes. */
  mute(): void {
    this.#isMute = true;
    for (const { client } of this.#links) {
      client.unpipe();
      client.resume();
    }
  }

  /** Cuts every connection and refuses new ones, until `reopen`. */
  async shut(): Promise<void> {
    const { port } = this;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
    this.#shutPort = port;
  }

  /** At the same port again. */
  async reopen(): Promise<void> {
    this.#isMute = false;
    this.#server.listen(this.#shutPort, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const { client, upstream } of this.#links) {
      client.destroy();
      upstream.destroy();
    }
    await closed;
  }

  #link(client: Socket, upstream: Socket): void {
    const link = { client, upstream };
    this.#links.add(link);
    upstream.pipe(client);
    if (this.#isMute) client.resume();
    else client.pipe(upstream);
    for (const socket of [client, upstream]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#links.delete(link);
        client.destroy();
        upstream.destroy();
      });
    }
  }
}
