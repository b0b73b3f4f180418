import type { LogEntry, Position } from '../../schema/log-entry.ts';

/**
 * The newest entries of a tenant, without a hole. Who catches up takes the last stretch from here: reading the log
 * takes longer than the next entry takes to come where writes never pause, so that one would never catch up.
 */
export class RecentEntries {
  readonly #kept: number;
  #entries: LogEntry[] = [];
  /** The position before the first one kept. */
  #from: Position = -1;

  /** At least `kept` entries are kept, once there have been so many. */
  constructor(kept: number) {
    this.#kept = kept;
  }

  /** Forgets everything: the next entry is the one after `position`. */
  restart(position: Position): void {
    this.#entries = [];
    this.#from = position;
  }

  add(entry: LogEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length <= 2 * this.#kept) return;
    this.#entries = this.#entries.slice(this.#entries.length - this.#kept);
    this.#from = entry.position - this.#kept;
  }

  /** Everything after `position`; `undefined` where that reaches back too far. */
  since(position: Position): readonly LogEntry[] | undefined {
    if (this.#from === -1 || position < this.#from) return undefined;
    return this.#entries.slice(position - this.#from);
  }
}
