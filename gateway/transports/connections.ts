import { PresageError } from '../../schema/errors.ts';
import type { Identity, PeerName } from '../ports.ts';
import type { Refusals } from '../refusals.ts';
import type { GatewaySettings } from '../settings.ts';

const TRANSPORTS = ['graphql-transport-ws', 'graphql-sse', 'eventsource'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** A client's connection, whatever it is over. */
export interface ClientConnection {
  readonly transport: Transport;
  /** Where it came from, as far as that is known. */
  readonly address: string | undefined;
  /** Whom it acts for; null before that is known. */
  readonly identity: Identity | null;
  readonly bufferedBytes: number;
  /** Gives a sign of life, and closes if the client has given none for too long. Called at the pace of the pings. */
  check(): void;
  /** Its peer was revoked. */
  revoke(): void;
  /** The server stops: finish what is under way and close. The client may connect again after `retryMs`. */
  goAway(retryMs: number): void;
}

export interface ConnectionsParts {
  readonly settings: GatewaySettings;
  readonly refusals: Refusals;
}

/** Every connection of a gateway, until it is closed. */
export class Connections {
  readonly #parts: ConnectionsParts;
  readonly #all = new Set<ClientConnection>();
  readonly #byAddress = new Map<string, number>();
  readonly #checks: NodeJS.Timeout;
  #whenEmpty: (() => void)[] = [];
  #draining = false;

  constructor(parts: ConnectionsParts) {
    this.#parts = parts;
    this.#checks = setInterval(() => {
      for (const connection of this.#all) connection.check();
    }, parts.settings.pingIntervalMs);
    this.#checks.unref();
  }

  get bufferedBytes(): number {
    let bytes = 0;
    for (const connection of this.#all) bytes += connection.bufferedBytes;
    return bytes;
  }

  /** Connections by transport. */
  count(): Record<Transport, number> {
    const counts: Record<Transport, number> = { 'graphql-transport-ws': 0, 'graphql-sse': 0, eventsource: 0 };
    for (const { transport } of this.#all) counts[transport] += 1;
    return counts;
  }

  /** Throws `UNAVAILABLE` or `LIMITED` if another connection from this address can't be had now. */
  admit(address: string | undefined): void {
    const { refusals, settings } = this.#parts;
    if (this.#draining) {
      refusals.draining += 1;
      throw new PresageError('UNAVAILABLE', 'The server is going away; connect again, to it or another one.');
    }
    const limit = settings.maxConnectionsPerAddress;
    if (address === undefined || (this.#byAddress.get(address) ?? 0) < limit) return;
    refusals['address-connections'] += 1;
    throw new PresageError(
      'LIMITED',
      `There are ${limit} connections from ${address}, which is the limit; close some, or put several subscriptions on one WebSocket.`,
    );
  }

  add(connection: ClientConnection): void {
    this.#all.add(connection);
    const { address } = connection;
    if (address !== undefined) this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
  }

  remove(connection: ClientConnection): void {
    if (!this.#all.delete(connection)) return;
    const { address } = connection;
    if (address !== undefined) {
      const left = (this.#byAddress.get(address) ?? 1) - 1;
      if (left > 0) this.#byAddress.set(address, left);
      else this.#byAddress.delete(address);
    }
    if (this.#all.size > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  /** The peers that are connected, each once. */
  peers(): readonly PeerName[] {
    const peers = new Map<string, PeerName>();
    for (const { identity } of this.#all) {
      if (!identity || identity.publicKey === null) continue;
      const { tenant, publicKey } = identity;
      peers.set(`${tenant} ${publicKey}`, { tenant, publicKey });
    }
    return [...peers.values()];
  }

  /** Closes every connection of a peer that was revoked. */
  disconnect({ tenant, publicKey }: PeerName): void {
    for (const connection of this.#all) {
      const { identity } = connection;
      if (identity?.tenant === tenant && identity.publicKey === publicKey) connection.revoke();
    }
  }

  /** Admits nobody more, tells every client when to come again, and resolves when all are gone. */
  async drain(): Promise<void> {
    this.#draining = true;
    clearInterval(this.#checks);
    const { reconnectJitterMs } = this.#parts.settings;
    for (const connection of this.#all) connection.goAway(Math.round(Math.random() * reconnectJitterMs));
    if (this.#all.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenEmpty.push(resolve);
    });
  }
}
