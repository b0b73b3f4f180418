import { hostname, networkInterfaces } from 'node:os';
import { PresageError } from '../../schema/errors.ts';
import { parseTime } from '../../schema/time.ts';
import { hasSpool, readSpool } from '../../server/collectors/spool/read-spool.ts';
import {
  type Holder,
  type InstanceStorage,
  NoPlaceToAsk,
  type StoredObservation,
  type StoredRange,
} from '../../server/domain/buffer/buffers.ts';
import { askGraphql } from '../client/graphql-client.ts';
import { queryBuffer } from '../client/lineage-operations.ts';

/** How long another instance may take to answer with a page, in ms. */
const PATIENCE_MS = 10_000;

/**
 * Reads the storage of instances on this machine from their directories, and asks others over their API, as the caller:
 * so that each judges by itself who may see what.
 */
export function instanceStorage(): InstanceStorage {
  return {
    async *read(holder, range, token) {
      // What registered over the API is not believed about any place: no directory of ours, no host that gets a token.
      if (holder.port === null) throw new NoPlaceToAsk(holder.name);
      if (token === null || isHere(holder)) yield* readSpool(holder.storagePath, range);
      else yield* readRemote(holder, range, token);
    },
  };
}

function isHere({ host, storagePath }: Holder): boolean {
  return hasSpool(storagePath) && HERE.has(host.toLowerCase());
}

/** The names and addresses of this machine. */
const HERE: ReadonlySet<string> = new Set([
  ...['localhost', '127.0.0.1', '::1', '0.0.0.0', '::', hostname().toLowerCase()],
  ...Object.values(networkInterfaces()).flatMap(
    (addresses) => addresses?.map(({ address }) => address) ?? [],
  ),
]);

async function* readRemote(
  { name, host, port }: Holder,
  { stream, after, until, pageSize }: StoredRange,
  token: string,
): AsyncGenerator<readonly StoredObservation[]> {
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/graphql`;
  for (let from: string | null = new Date(after).toISOString(); from !== null; ) {
    const { buffer }: Answer = await askGraphql(url, queryBuffer, token, PATIENCE_MS, {
      ...{ stream: stream.uuid, after: from, to: new Date(until).toISOString(), from: null, last: null },
      ...{ first: Math.min(pageSize, 1_000), instance: name, local: true },
    });
    const [asked] = buffer.instances;
    if (asked?.unreachable) throw new PresageError('UNAVAILABLE', asked.unreachable);
    yield buffer.rows.map(({ observedAt, value, provider, published }) => ({
      ...{ observedAt: parseTime(observedAt) ?? 0, value, provider, published },
    }));
    from = buffer.next;
  }
}

interface Answer {
  readonly buffer: {
    readonly rows: readonly { observedAt: string; value: string; provider: string; published: boolean }[];
    readonly instances: readonly { name: string; unreachable: string | null }[];
    readonly next: string | null;
  };
}
