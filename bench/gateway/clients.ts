import { type ChildProcess, fork } from 'node:child_process';
import type { FromClients, ToClients } from './clients-protocol.ts';
import { now } from './clients-protocol.ts';

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

/** The process of clients. */
export class Clients {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static start(): Clients {
    return new Clients(fork(new URL('./clients-child.ts', import.meta.url), { serialization: 'advanced' }));
  }

  async connect(target: Target, connections: number, subscriptions = 1): Promise<void> {
    const { port, path, subprotocol, subscribe } = target;
    await this.#ask({ kind: 'connect', connections, subscriptions, port, path, subprotocol, subscribe });
  }

  /** Publishes and waits until every client that reads has had `events` of it. */
  async receive(events: number, publish: () => void): Promise<Receipt> {
    await this.#ask({ kind: 'expect', events });
    const received = this.#next('received');
    const from = now();
    publish();
    const { lastAt, arrivals } = await received;
    return { lastMs: lastAt - from, arrivalsMs: arrivals.map((at) => at - from) };
  }

  /** So many clients read nothing any more. */
  async stall(connections: number): Promise<void> {
    await this.#ask({ kind: 'stall', connections });
  }

  async close(): Promise<void> {
    this.#child.send({ kind: 'close' } satisfies ToClients);
    await this.#next('closed');
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await gone;
  }

  async #ask(message: ToClients): Promise<void> {
    this.#child.send(message);
    await this.#next('connected');
  }

  #next<K extends FromClients['kind']>(kind: K): Promise<Extract<FromClients, { kind: K }>> {
    return new Promise((resolve, reject) => {
      const onExit = () => reject(new Error('the process of clients has ended'));
      const onMessage = (message: FromClients) => {
        if (!isKind(message, kind)) return;
        this.#child.off('message', onMessage);
        this.#child.off('exit', onExit);
        resolve(message);
      };
      this.#child.on('message', onMessage);
      this.#child.once('exit', onExit);
    });
  }
}

function isKind<K extends FromClients['kind']>(
  message: FromClients,
  kind: K,
): message is Extract<FromClients, { kind: K }> {
  return message.kind === kind;
}
