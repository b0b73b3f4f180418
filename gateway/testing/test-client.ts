import { WebSocket } from 'ws';

export interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A bare WebSocket client that keeps what it gets, and whose waits end as soon as what they wait for is there. */
export class TestClient {
  readonly messages: Message[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<Closed>;
  readonly #watchers = new Set<() => void>();

  constructor(url: string, headers: Record<string, string> = {}, protocols = ['graphql-transport-ws']) {
    this.socket = new WebSocket(url, protocols, { headers });
    this.socket.on('message', (data) => {
      this.messages.push(JSON.parse(data.toString()));
      for (const watcher of this.#watchers) watcher();
    });
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  async opened(): Promise<this> {
    if (this.socket.readyState === WebSocket.CONNECTING) {
      await new Promise((resolve) => {
        this.socket.once('open', resolve);
      });
    }
    return this;
  }

  /** Connects and is acknowledged. */
  async ready(payload?: object): Promise<this> {
    await this.opened();
    this.send({ type: 'connection_init', ...(payload && { payload }) });
    await this.until((messages) => messages.some(({ type }) => type === 'connection_ack'));
    return this;
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  subscribe(id: string, query: string, variables: object = {}): void {
    this.send({ id, type: 'subscribe', payload: { query, variables } });
  }

  async until(holds: (messages: readonly Message[]) => boolean): Promise<void> {
    if (holds(this.messages)) return;
    await new Promise<void>((resolve) => {
      const watcher = () => {
        if (!holds(this.messages)) return;
        this.#watchers.delete(watcher);
        resolve();
      };
      this.#watchers.add(watcher);
    });
  }

  of(id: string): readonly Message[] {
    return this.messages.filter((message) => message.id === id);
  }

  async stop(): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }
}
