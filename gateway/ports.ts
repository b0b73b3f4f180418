import type { DocumentNode, ExecutionResult, GraphQLSchema } from 'graphql';
import type { Filter } from '../schema/filter/form.ts';
import type { Documents, LogEntry, Position, WrittenTopic } from '../schema/log-entry.ts';

/**
 * What the gateway needs of the outside, handed in by whoever composes it. It knows nothing of Prisma, HTTP routes or
 * how tokens are made.
 */

/**
 * A log whose database is put back to an earlier state gives positions to other entries than before. What was written between
 * two such moments is a timeline, which cursors name.
 */
export interface Timelines {
  /** A place in the log as clients keep it. The log's head has been read, or its entries. */
  cursor(tenant: string, position: Position): string;
  /** Where a cursor is. Throws `BAD_CURSOR`, and `LOG_TRUNCATED` where the log has not got its entry any more. */
  resume(tenant: string, cursor: string): Promise<Position>;
  /** The timeline of what is at a position, as far as this process knows the log. */
  of(tenant: string, position: Position): string | undefined;
  /** Whether what came from elsewhere, an entry or word of how far the log goes, is of the log as this process knows it. */
  continues(place: Pick<LogEntry, 'tenant' | 'position' | 'timeline'>): boolean;
  /** Everything up to `position` has been passed on: what follows it must be of the same log. */
  saw(tenant: string, position: Position): void;
}

/** Reads the log: the truth that every lossy hop heals from. A log that went back is `UNAVAILABLE`. */
export interface LogReader {
  readonly timelines: Timelines;
  /** The newest committed position of a tenant; 0 for an empty log. */
  head(tenant: string): Promise<Position>;
  /**
   * Entries after `after` up to and including `through`, in order, at most `limit`. `filter` only narrows what is read
   * where that is cheap: entries that don't match may come too, none that matches (before or after) is left out.
   */
  read(request: LogRead): Promise<LogPage>;
  /** The newest observation (or present consensus …) of each stream that matches, all as of one position. */
  snapshot(request: SnapshotRead): Promise<Snapshot>;
}

export interface LogRead {
  readonly tenant: string;
  readonly topics: readonly WrittenTopic[];
  readonly after: Position;
  readonly through: Position;
  readonly limit: number;
  readonly filter?: Filter;
}

export interface LogPage {
  readonly entries: readonly LogEntry[];
  /** Everything up to here has been read: the next read goes on after it. Equal to the request's at the end. */
  readonly through: Position;
}

export interface SnapshotRead {
  readonly tenant: string;
  readonly topic: WrittenTopic;
  readonly filter: Filter;
}

export interface Snapshot {
  /** The head as of which the snapshot was taken: the live tail goes on after it. */
  readonly position: Position;
  /** In the order of the log, and to be read once: what is not taken yet need not be in memory. */
  readonly pages: AsyncIterable<readonly SnapshotItem[]>;
}

export interface SnapshotItem {
  readonly key: string;
  readonly ts: number;
  readonly document: Documents[WrittenTopic];
  /** Where it was last written, for a document that does not say. */
  readonly position?: Position;
}

/** Who a connection acts for. */
export interface Identity {
  readonly tenant: string;
  /** Public key of the peer; null for an anonymous reader. */
  readonly publicKey: string | null;
  /** When the token that says so expires, epoch ms; null for an anonymous reader. */
  readonly expiresAt: number | null;
  /** Where the connection came from, as far as that is known. */
  readonly address?: string | undefined;
}

/** Names a peer. */
export interface PeerName {
  readonly tenant: string;
  readonly publicKey: string;
}

/** Checks an access token; `null` stands for no token at all. Throws `UNAUTHENTICATED` with what to do. */
export type Authenticate = (token: string | null, address?: string) => Promise<Identity>;

/** The GraphQL side: what a connection may run besides subscriptions, and how an event's payload is made. */
export interface Executor {
  readonly schema: GraphQLSchema;
  /** Parses and validates with every limit of the API; cached. Throws or returns errors as GraphQL has it. */
  prepare(request: GraphQLRequest, identity: Identity): PreparedOperation;
  /** Runs a query or mutation. */
  execute(
    operation: PreparedOperation,
    request: GraphQLRequest,
    identity: Identity,
  ): Promise<ExecutionResult>;
  /** Runs a subscription's selection over one event, which is the value of the root field. */
  executeEvent(
    operation: PreparedOperation,
    request: GraphQLRequest,
    identity: Identity,
    event: SubscriptionEvent,
  ): Promise<ExecutionResult>;
}

export interface GraphQLRequest {
  readonly query: string;
  readonly operationName?: string | null;
  readonly variables?: Readonly<Record<string, unknown>> | null;
}

export interface PreparedOperation {
  readonly document: DocumentNode;
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** What executing a subscription for one event costs, about one for each field and item; absent where nobody knows. */
  readonly cost?: number;
}

/** The five event types of a subscription. They describe the set that matches the filter. */
export type EventType = 'READY' | 'SNAPSHOT' | 'CREATE' | 'UPDATE' | 'DELETE';

/** The source of a subscription's root field: `ObservationEvent`, `PredictionEvent`, … resolve from it. */
export interface SubscriptionEvent {
  readonly type: EventType;
  readonly tenant: string;
  readonly topic: WrittenTopic;
  readonly position: Position;
  /** Null for READY. */
  readonly key: string | null;
  readonly timestamp: number;
  /** Null for READY and where the subscription asked for `includeData: false`. */
  readonly document: Documents[WrittenTopic] | null;
}

/** What moves entries between processes. Any of it may be lost; the streamer heals from the log. */
export interface Broker {
  /** Hands over entries that are committed; never throws into the writer and never waits for consumers. */
  publish(tenant: string, entries: readonly LogEntry[]): void;
  /** Calls back with every publication of a tenant until the returned function is called. */
  consume(tenant: string, onEntries: (entries: readonly LogEntry[]) => void): () => void;
  /** Publishes what waits, if that is quickly done, and stops. */
  close(): Promise<void>;
}

/** Hears of what takes time, while it happens; what is counted or is a state is in the gateway's `stats`. */
export interface Meters {
  /** The subscriptions that an entry is something to were found within so many seconds. */
  matched(seconds: number): void;
  /** An entry was delivered live so many seconds after it was committed. */
  delivered(seconds: number): void;
}
