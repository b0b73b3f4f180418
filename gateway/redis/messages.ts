import type { Filter } from '../../schema/filter/form.ts';
import type { LogEntry, Position, WrittenTopic } from '../../schema/log-entry.ts';
import type { SetChange } from '../streamer/change.ts';

/** Of everything below. A process drops what another version wrote, and serves from Postgres instead. */
const VERSION = 1;

/** What a gateway's internal subscription is of. All its client subscriptions with the same filter share one. */
export interface Registration {
  readonly tenant: string;
  readonly topic: WrittenTopic;
  readonly filter: Filter;
}

/** Gateway → streamer, one item of the stream of requests. */
export interface Requests {
  readonly requests: readonly Request[];
}
export type Request =
  | { readonly kind: 'add'; readonly id: string; readonly of: Registration }
  | { readonly kind: 'drop'; readonly id: string }
  /** The log is known to reach this far: have a look. */
  | { readonly kind: 'notice'; readonly tenant: string; readonly position: Position }
  /** Deliveries are missing: say again where things stand. */
  | { readonly kind: 'again' };

/** Streamer → gateway, one item of the stream of deliveries. */
export interface Deliveries {
  readonly items: readonly DeliveryItem[];
}
export type DeliveryItem =
  /** Every entry after `from` up to `through` was matched; `found` are those that are something to somebody. */
  | {
      readonly kind: 'covered';
      readonly tenant: string;
      readonly from: Position;
      readonly through: Position;
      readonly found: readonly Found[];
    }
  /** What was registered up to and including this request is matched with every entry after `position`. */
  | {
      readonly kind: 'registered';
      readonly tenant: string;
      readonly position: Position;
      readonly request: number;
    };

export interface Found {
  readonly entry: LogEntry;
  readonly as: readonly { readonly type: SetChange; readonly ids: readonly string[] }[];
}

/** Anyone → everyone. */
export type ControlMessage =
  /** Gateways or leases have come or gone: streamers have a look. */
  | { readonly kind: 'leases' }
  /** An operator changed or revoked a peer. */
  | { readonly kind: 'peer'; readonly tenant: string; readonly publicKey: string }
  /** The process with this gateway tells its clients to go elsewhere, and stops. */
  | { readonly kind: 'drain'; readonly gatewayId: string };

export function encode(message: Requests | ControlMessage | Registration): string {
  return JSON.stringify({ version: VERSION, ...message });
}

/** Deliveries as text, in which each entry is as `texts` has it, if it does; those that are made are put there. */
export function encodeDeliveries({ items }: Deliveries, texts: WeakMap<LogEntry, string>): string {
  return `{"version":${VERSION},"items":[${items.map((item) => encodeItem(item, texts)).join(',')}]}`;
}

function encodeItem(item: DeliveryItem, texts: WeakMap<LogEntry, string>): string {
  if (item.kind === 'registered' || item.found.length === 0) return JSON.stringify(item);
  const found = item.found.map(({ entry, as }) => {
    const text = texts.get(entry) ?? JSON.stringify(entry);
    texts.set(entry, text);
    return `{"entry":${text},"as":${JSON.stringify(as)}}`;
  });
  const { kind, tenant, from, through } = item;
  return `${JSON.stringify({ kind, tenant, from, through }).slice(0, -1)},"found":[${found.join(',')}]}`;
}

/** The message, or `undefined` where another version wrote it, or it is none. */
export function decode<T extends Requests | Deliveries | ControlMessage | Registration>(
  text: string,
): T | undefined {
  try {
    const message: T & { readonly version: number } = JSON.parse(text);
    return message.version === VERSION ? message : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A field that every registry has from its beginning on. Where it is missing Redis has thrown the registry away, and what
 * has come into it since is not all that there was.
 */
export const REGISTRY_MARK = 'whole';
