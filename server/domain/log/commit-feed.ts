import type { LogEntry } from '../../../schema/log-entry.ts';

export type CommitListener = (tenant: string, entries: readonly LogEntry[]) => void;

/** Hands committed entries to whoever listens in this process. What is lost here is found again in the log. */
export class CommitFeed {
  readonly #listeners = new Set<CommitListener>();
  readonly #onFailure: (error: unknown) => void;

  /** `onFailure` hears of a listener that threw: the write is committed, and must not look as if it failed. */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  get idle(): boolean {
    return this.#listeners.size === 0;
  }

  listen(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  announce(tenant: string, entries: readonly LogEntry[]): void {
    if (entries.length === 0) return;
    for (const listener of this.#listeners) {
      try {
        listener(tenant, entries);
      } catch (error) {
        this.#onFailure(error);
      }
    }
  }
}
