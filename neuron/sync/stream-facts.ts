import { ListStreamsDocument, type StreamWhere } from '../../schema/generated/graphql.ts';
import { NeuronError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { isServerUuid } from '../storage/server-uuid.ts';
import type { Store } from '../storage/store.ts';
import type { Server } from './server.ts';
import { ServerRefusal } from './server-errors.ts';

/** Streams in one page of a bulk sync. */
const PAGE = 100;

/** Keeps what the server says about streams, fetched in bulk. */
export class StreamFactsSync {
  readonly #store: Store;
  readonly #server: Server;
  readonly #serverUrl: string;
  readonly #logger: Logger;
  /** Names that were missing already when it was last said. */
  readonly #missed = new Set<string>();

  constructor(options: { store: Store; server: Server; serverUrl: string; logger: Logger }) {
    this.#store = options.store;
    this.#server = options.server;
    this.#serverUrl = options.serverUrl;
    this.#logger = options.logger;
  }

  /**
   * Fetches the facts of every followed stream, and remembers which those are. Throws `UNKNOWN_STREAM` if the server
   * has none of a uuid that is named; a name that is not there yet may come.
   */
  async refresh(followed: StreamWhere | undefined, named: readonly string[]): Promise<void> {
    const listed = new Map<string, string>();
    let after: string | null = null;
    do {
      after = await this.#page(followed, after, (uuid, name) => listed.set(uuid, name));
    } while (after !== null);
    await this.#lookFor(named, listed);
    this.#store.streams.follow(listed.keys());
  }

  async #lookFor(named: readonly string[], listed: ReadonlyMap<string, string>): Promise<void> {
    const names = new Set(listed.values());
    const missing = named.filter((text) => !listed.has(text) && !names.has(text));
    const uuids = missing.filter(isServerUuid);
    const unknown = uuids.length === 0 ? [] : await this.#unknown(uuids);
    if (unknown.length > 0) {
      throw new NeuronError(
        'UNKNOWN_STREAM',
        `The server at ${this.#serverUrl} has no stream of uuid ${unknown.join(', ')}; presage streams lists those that there are.`,
      );
    }
    for (const name of missing.filter((text) => !isServerUuid(text) && !this.#missed.has(text))) {
      this.#missed.add(name);
      this.#logger.warn(
        { stream: name },
        'there is no stream of this name to follow; it is followed when there is',
      );
    }
  }

  /** Those of these uuids that the server knows nothing of: others exist, but do not meet the conditions. */
  async #unknown(uuids: readonly string[]): Promise<string[]> {
    const where = { uuid: { in: [...uuids] } };
    const { streams } = await this.#server.request(ListStreamsDocument, { where, first: uuids.length });
    const known = new Set(streams.edges.map(({ node }) => node.uuid));
    return uuids.filter((uuid) => !known.has(uuid));
  }

  /** Fetches the facts of streams that were seen but never described. */
  async describeNew(): Promise<void> {
    for (const uuids = this.#store.streams.unsynced(); uuids.length > 0; ) {
      await this.#page({ uuid: { in: uuids.splice(0, PAGE) } }, null);
    }
  }

  /**
   * Makes sure that this is the server the stored streams came from: it still knows one of them. Cursors and hashes
   * of another server would be nonsense here. Throws `SERVER_CHANGED`.
   */
  async recognise(): Promise<void> {
    const known = this.#store.streams.list();
    if (known.length === 0) return;
    const uuids = known.slice(0, PAGE).map((stream) => stream.uuid);
    const { streams } = await this.#server.request(ListStreamsDocument, {
      where: { uuid: { in: uuids } },
      first: 1,
    });
    if (streams.edges.length > 0) return;
    throw new NeuronError(
      'SERVER_CHANGED',
      `The server at ${this.#serverUrl} knows none of the ${known.length} streams of this data directory: its data was reset, or it is another server. Correct the server URL, or start with an empty data directory.`,
    );
  }

  /** One page; gives the cursor of the next, null after the last. */
  async #page(
    where: StreamWhere | undefined,
    after: string | null,
    listed: (uuid: string, name: string) => void = () => undefined,
  ): Promise<string | null> {
    const { streams } = await this.#server.request(ListStreamsDocument, {
      first: PAGE,
      after,
      ...(where && { where }),
    });
    const now = Date.now();
    this.#store.transaction(() => {
      for (const { node } of streams.edges) {
        if (isServerUuid(node.uuid)) {
          this.#store.streams.putFacts(node, now);
          listed(node.uuid, node.name);
        } else this.#logger.error({ uuid: node.uuid }, 'a stream was refused: its uuid is not of version 4');
      }
    });
    const { hasNextPage, endCursor = null } = streams.pageInfo;
    if (hasNextPage && endCursor !== null && endCursor === after) {
      throw new ServerRefusal('INTERNAL', 'The server gives the same page of streams again and again.');
    }
    return hasNextPage ? endCursor : null;
  }
}
