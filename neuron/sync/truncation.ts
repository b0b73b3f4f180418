import { decodeCursor, encodeCursor } from '../../schema/cursor.ts';
import type { Logger } from '../logger.ts';
import type { Store } from '../storage/store.ts';
import type { ServerRefusal } from './server-errors.ts';

interface Truncating {
  readonly store: Store;
  readonly tenant: string;
  readonly logger: Logger;
  /** Rows of this stream (local id) that were there before are gone. */
  readonly rewritten: (stream: number) => void;
}

/**
 * The server's log went back to an earlier state: takes back what came after the cursor up to which both have the same, or all
 * of it where the server can't say, so that the log is followed from there. Predictions whose targets are open again go back to
 * the outbox, as the server may have lost them; it says so of those that it still has. Imported rows and models stay.
 */
export function takeBack(refusal: ServerRefusal, { store, tenant, logger, rewritten }: Truncating): void {
  const { resumeAfter } = refusal.extensions;
  const given = typeof resumeAfter === 'string' ? resumeAfter : undefined;
  const common = given === undefined ? 0 : decodeCursor(tenant, given);
  const streams = store.streams.list().filter(({ lastPosition }) => lastPosition > common);
  const { removed, reopened, isWhole } = store.transaction(() => {
    let [rows, whole] = [0, true];
    for (const { id, anchorHash } of streams) {
      const good = store.observations.lastUpTo(id, common);
      // What was before it has been given up for its age: the chain is taken up again from its beginning.
      if (!good && anchorHash !== '') whole = false;
      const gone = store.observations.removeAfter(id, good?.position ?? 0);
      store.streams.truncate(id, { position: good?.position ?? 0, hash: good?.hash ?? '', removed: gone });
      rows += gone;
    }
    const isFirst = given === undefined || !whole;
    store.state.set('cursor', isFirst ? encodeCursor(tenant, 0) : given);
    store.state.set('position', String(isFirst ? 0 : common));
    return { removed: rows, reopened: store.predictions.reopen(streams.map(({ id }) => id)), isWhole: whole };
  });
  for (const { id } of streams) rewritten(id);
  logger.warn(
    { common: given === undefined ? null : common, streams: streams.length, removed, reopened, isWhole },
    'the server was put back to an earlier state: what it has not got any more is gone here, too',
  );
}
