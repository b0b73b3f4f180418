import type { LogEntry, Position } from '../../schema/log-entry.ts';

/**
 * How far a streamer has covered one tenant's log for this gateway, and the newest entries that it found: what somebody
 * who is registered, but not live yet, joins from without asking the log.
 */
export class Coverage {
  readonly #kept: number;
  readonly #waiting = new Set<{ readonly position: Position; readonly resolve: () => void }>();
  #position: Position = -1;
  #entries: LogEntry[] = [];
  /** The position after which everything found is kept. */
  #keptFrom: Position = -1;

  /** At least `kept` entries are kept, once there have been so many. */
  constructor(kept: number) {
    this.#kept = kept;
  }

  /** Everything up to here was covered; -1 until that is known. */
  get position(): Position {
    return this.#position;
  }

  /** Begins anew at a position: what came before it is not known here. */
  restart(position: Position): void {
    this.#entries = [];
    this.#keptFrom = position;
    this.#moveTo(position);
  }

  /** Takes what was found between the present position and `through`, in order. */
  extend(through: Position, found: readonly LogEntry[]): void {
    for (const entry of found) this.#entries.push(entry);
    if (this.#entries.length > 2 * this.#kept) {
      const dropped = this.#entries.length - this.#kept;
      this.#keptFrom = this.#entries[dropped - 1]?.position ?? this.#keptFrom;
      this.#entries = this.#entries.slice(dropped);
    }
    this.#moveTo(through);
  }

  /** What was found after `position`; `undefined` where that reaches back too far. */
  since(position: Position): readonly LogEntry[] | undefined {
    if (this.#position === -1 || position < this.#keptFrom) return undefined;
    const first = this.#entries.findIndex((entry) => entry.position > position);
    return first === -1 ? [] : this.#entries.slice(first);
  }

  /** Resolves when the position is at or past `position`, or the coverage is over. */
  reached(position: Position): Promise<void> {
    if (this.#position >= position) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.add({ position, resolve });
    });
  }

  /** The furthest position that somebody waits for; -1 if nobody waits. */
  get awaited(): Position {
    return Math.max(-1, ...[...this.#waiting].map(({ position }) => position));
  }

  close(): void {
    for (const { resolve } of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #moveTo(position: Position): void {
    this.#position = position;
    for (const waiter of this.#waiting) {
      if (waiter.position > position) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }
}
