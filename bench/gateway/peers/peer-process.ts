import { Child } from '../child.ts';
import type { Target } from '../clients.ts';
import type { Filters } from './peer.ts';
import type { FromPeer, PeerName, ToPeer } from './peer-protocol.ts';

/** A server that runs in a process of its own. */
export class PeerProcess {
  readonly target: Target;
  readonly #child: Child<ToPeer, FromPeer>;

  private constructor(child: Child<ToPeer, FromPeer>, target: Target) {
    this.#child = child;
    this.target = target;
  }

  static async start(name: PeerName, filters: Filters): Promise<PeerProcess> {
    const child = new Child<ToPeer, FromPeer>(new URL('./peer-child.ts', import.meta.url));
    const { target } = await child.ask({ kind: 'start', name, filters }, 'listening');
    return new PeerProcess(child, target);
  }

  async subscribed(subscriptions: number): Promise<void> {
    await this.#child.ask({ kind: 'await', subscriptions }, 'subscribed');
  }

  /** Publishes so many events in one turn of its event loop; `prepared` ones are frames made beforehand. */
  publish(events: number, prepared = false): void {
    this.#child.send({ kind: 'publish', events, prepared });
  }

  /** When it published last, on the machine's clock in ms, and its processor time since then, ms. */
  async measured(): Promise<{ readonly publishedAt: number; readonly processorMs: number }> {
    return this.#child.ask({ kind: 'measure' }, 'measured');
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}
