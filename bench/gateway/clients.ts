import { Child } from './child.ts';
import { type FromClients, now, type ToClients } from './clients-protocol.ts';

export interface Target {
  readonly port: number;
  readonly path: string;
  readonly subprotocol: string;
  /** What each client subscribes with; `{n}` stands for its number, `{s}` for the subscription's. */
  readonly subscribe: string;
}

/** When each client had each event, in milliseconds after the first of them was published. */
export interface Receipt {
  readonly lastMs: number;
  readonly arrivalsMs: readonly number[];
}

/** That every client that reads has had its events: when the last of them was there, on the machine's clock in ms. */
export interface Received {
  readonly lastAt: number;
  readonly arrivals: readonly number[];
  /** Processor time of all clients since the events were expected, ms. */
  readonly processorMs: number;
}

/** The process of clients. */
export class Clients {
  readonly #child = new Child<ToClients, FromClients>(new URL('./clients-child.ts', import.meta.url));

  private constructor() {}

  static start(): Clients {
    return new Clients();
  }

  async connect(target: Target, connections: number, subscriptions = 1): Promise<void> {
    const { port, path, subprotocol, subscribe } = target;
    const message = {
      kind: 'connect',
      connections,
      subscriptions,
      port,
      path,
      subprotocol,
      subscribe,
    } as const;
    await this.#child.ask(message, 'connected');
  }

  /** Waits until every client that reads has had `events` of what `publish`, called when they are counted, publishes. */
  async received(events: number, publish: () => void): Promise<Received> {
    await this.#child.ask({ kind: 'expect', events }, 'connected');
    const received = this.#child.next('received');
    publish();
    return received;
  }

  /** The same where this process publishes. */
  async receive(events: number, publish: () => void): Promise<Receipt> {
    let from = 0;
    const { lastAt, arrivals } = await this.received(events, () => {
      from = now();
      publish();
    });
    return { lastMs: lastAt - from, arrivalsMs: arrivals.map((at) => at - from) };
  }

  /** So many clients read nothing any more. */
  async stall(connections: number): Promise<void> {
    await this.#child.ask({ kind: 'stall', connections }, 'connected');
  }

  async close(): Promise<void> {
    await this.#child.ask({ kind: 'close' }, 'closed');
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}
