import type { Filter } from '../../../schema/filter/form.ts';
import type { Position, StreamDocument } from '../../../schema/log-entry.ts';
import type { Actor } from '../actor.ts';
import type { Page, PageRequest } from '../page.ts';

export interface NewStream {
  readonly name: string;
  readonly secondary?: string | null | undefined;
  readonly target?: string | null | undefined;
  readonly meta?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly tags?: readonly string[] | null | undefined;
  readonly cadenceSeconds?: number | null | undefined;
}

export interface Streams {
  /** Creates a stream with a fresh uuid. Throws `CONFLICT` if the tenant has one of that name, `BAD_INPUT`. */
  create(actor: Actor, input: NewStream): Promise<StreamDocument>;
  /** Ends a stream: it takes no more observations and predictions. Throws `NOT_FOUND`, `FORBIDDEN`. */
  archive(actor: Actor, uuid: string): Promise<StreamDocument>;
  /** Throws nothing: `undefined` where the tenant has no such stream. */
  find(tenant: string, by: { uuid: string } | { name: string }): Promise<StreamDocument | undefined>;
  /** Ordered by `serverId`, which is the page's position. */
  list(tenant: string, filter: Filter, page: PageRequest): Promise<Page<StreamDocument>>;
  /** Streams of the first `limit` changes after a position, by the log: for whoever keeps a copy of all of them. */
  changedSince(tenant: string, after: Position, limit: number): Promise<StreamChanges>;
}

export interface StreamChanges {
  /** As they are now, each once. */
  readonly streams: readonly StreamDocument[];
  /** Everything up to here is in `streams` or earlier answers. */
  readonly position: Position;
  readonly hasMore: boolean;
}
