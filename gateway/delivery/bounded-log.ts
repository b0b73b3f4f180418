import type { Position } from '../../schema/log-entry.ts';
import type { LogPage, LogRead, LogReader, Snapshot, SnapshotRead, Timelines } from '../ports.ts';

/**
 * The log for those who catch up, a few of them at a time and the others in the order in which they asked: when all
 * clients resume at once the database is asked as much as always, only for longer.
 */
export class BoundedLog implements LogReader {
  readonly #log: LogReader;
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(log: LogReader, concurrentReads: number) {
    this.#log = log;
    this.#free = concurrentReads;
  }

  get timelines(): Timelines {
    return this.#log.timelines;
  }

  head(tenant: string): Promise<Position> {
    return this.#inTurn(() => this.#log.head(tenant));
  }

  read(request: LogRead): Promise<LogPage> {
    return this.#inTurn(() => this.#log.read(request));
  }

  async snapshot(request: SnapshotRead): Promise<Snapshot> {
    const { position, pages } = await this.#inTurn(() => this.#log.snapshot(request));
    return { position, pages: this.#inTurns(pages) };
  }

  /** Each page in a turn of its own: whoever takes them slowly keeps nobody waiting. */
  async *#inTurns<T>(pages: AsyncIterable<T>): AsyncGenerator<T> {
    const rest = pages[Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await this.#inTurn(() => rest.next());
      if (done) return;
      yield value;
    }
  }

  async #inTurn<T>(read: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    try {
      return await read();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
