import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Target } from '../clients.ts';

/** A server that the clients can be connected to. */
export interface Peer extends Target {
  /** Resolves when so many subscriptions are in place. */
  subscribed(count: number): Promise<void>;
  /** Publishes one event, which every subscriber gets. */
  publish(): void;
  /** Writes one frame, made beforehand, to the very same sockets: what a broadcast can't do without. */
  publishPrepared?(): void;
  stop(): Promise<void>;
}

/** Every client's filter lets every event through; they are different texts and bounds, or all the same. */
export type Filters = 'same' | 'different';

/** The part of an event that clients select, the same for every server. */
export const SELECTION = '{ type cursor id observation { value observedAt hash stream { uuid name } } }';

/** What a client sends to subscribe; `{n}` is its number, `{s}` the subscription's. */
export function subscribeMessage(query: string, bound: string): string {
  return JSON.stringify({
    id: 'client-{n}-{s}',
    type: 'subscribe',
    payload: { query, variables: { bound } },
  });
}

export function boundOf(filters: Filters): string {
  return filters === 'same' ? '0' : '0.{n}1{s}1';
}

export async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return portOf(server);
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Waits for a condition, asking every few milliseconds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

/** What the peers, which have no log, publish. */
export function nextEvent(position: number) {
  return {
    type: 'CREATE',
    cursor: Buffer.from(`${position}@main`).toString('base64url'),
    id: Buffer.from(`Observation:1.${position}`).toString('base64url'),
    observation: {
      value: String(1_000 + position),
      observedAt: new Date(position).toISOString(),
      hash: 'ab'.repeat(32),
      stream: { uuid: '00000000-0000-4000-8000-000000000001', name: 'stream-1' },
    },
  };
}
export type PeerEvent = ReturnType<typeof nextEvent>;

export const PEER_SDL = `
  type Stream { uuid: ID! name: String! }
  type Observation { value: String! observedAt: String! hash: String! stream: Stream! }
  type ObservationEvent { type: String! cursor: String! id: ID observation: Observation }
  type Query { hello: String }
  type Subscription { observations(bound: String!): ObservationEvent! }
`;
export const PEER_QUERY = `subscription ($bound: String!) { observations(bound: $bound) ${SELECTION} }`;
