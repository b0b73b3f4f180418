import type { Filter } from '../../../schema/filter/form.ts';
import type { LogEntry, Position } from '../../../schema/log-entry.ts';
import { ReadTimeout } from '../../storage/errors.ts';
import type { LineageSnapshot } from '../lineage/snapshot.ts';
import type { LogPage, LogRead, LogReader, ObservationSnapshot } from './log-reader.ts';

/** Positions that a page's first statement looks at. */
const FIRST_SPAN = 10_000;
/** Fewer are not tried: a statement that fails over so few is at fault itself, or the database is. */
const LEAST_SPAN = 500;
/** A statement that takes no longer is followed by one over more positions, in ms. */
const QUICK_MS = 30;
const GROWTH = 8;
const MOST_SPAN = 10_000_000;
/** A page that took as long ends with what it has, in ms: the connection is then another's who waits for it. */
const SLICE_MS = 200;

export interface SlicedLogParts {
  /** What pages are read by. */
  readonly log: Pick<LogReader, 'head' | 'read'>;
  /** What answers with everything at once. */
  readonly snapshots: Pick<LogReader, 'snapshot' | 'lineage'>;
}

/**
 * The log for subscriptions that catch up. A filter that finds little would have a page look through all of the log in one
 * statement, which may take longer than a statement may: pages look at a bounded span of positions at a time instead, end
 * after a while with whatever they have, take less at once where the database was too slow, and in the end do without the
 * filter, which whoever asks applies once more. So each page gets on.
 */
export class SlicedLog {
  readonly #parts: SlicedLogParts;
  readonly #now: () => number;
  /** How many positions a statement last looked at by a filter; 0 for one that takes too long over the fewest. */
  readonly #spans = new WeakMap<Filter, number>();

  constructor(parts: SlicedLogParts, now: () => number = () => performance.now()) {
    this.#parts = parts;
    this.#now = now;
  }

  head(tenant: string): Promise<Position> {
    return this.#parts.log.head(tenant);
  }

  snapshot(tenant: string, filter: Filter): Promise<ObservationSnapshot> {
    return this.#parts.snapshots.snapshot(tenant, filter);
  }

  lineage(tenant: string): Promise<LineageSnapshot> {
    return this.#parts.snapshots.lineage(tenant);
  }

  /** Gets on by at least one position. Throws `ReadTimeout` where that can't be done in time, whatever the filter is. */
  async read(request: LogRead): Promise<LogPage> {
    const began = this.#now();
    const entries: LogEntry[] = [];
    let { after } = request;
    for (;;) {
      const page = await this.#look(request, after, request.limit - entries.length);
      if (page) {
        entries.push(...page.entries);
        after = page.through;
      }
      const isDone = after >= request.through || entries.length >= request.limit;
      const isOver = this.#now() - began >= SLICE_MS && after > request.after;
      if (isDone || isOver) return { entries, through: after };
    }
  }

  /** What the next statement finds; undefined if it took too long, so that the next one is to look at less. */
  async #look({ filter, ...request }: LogRead, after: Position, limit: number): Promise<LogPage | undefined> {
    const known = filter && this.#spans.get(filter);
    const narrowedBy = filter && known !== 0 ? { filter } : {};
    const span = known || FIRST_SPAN;
    const through = Math.min(request.through, after + span);
    const sent = this.#now();
    try {
      const page = await this.#parts.log.read({ ...request, ...narrowedBy, after, through, limit });
      const sawAll = page.through === after + span;
      if (filter && known !== 0 && sawAll && this.#now() - sent < QUICK_MS) {
        this.#spans.set(filter, Math.min(MOST_SPAN, span * GROWTH));
      }
      return page;
    } catch (error) {
      if (!(error instanceof ReadTimeout) || !filter || known === 0) throw error;
      // Without the filter it is a walk along an index: whoever asked matches the entries anyhow.
      const less = span > LEAST_SPAN ? Math.max(LEAST_SPAN, Math.floor(span / GROWTH)) : 0;
      this.#spans.set(filter, less);
      return undefined;
    }
  }
}
