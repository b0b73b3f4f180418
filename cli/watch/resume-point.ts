import type { WatchedEvent, WatchVariables } from '../client/operations.ts';

/** Where the next connection begins, so that nothing is lost or repeated. */
export class ResumePoint {
  #variables: WatchVariables;
  #inSnapshot = false;

  constructor(variables: WatchVariables) {
    this.#variables = variables;
  }

  get variables(): WatchVariables {
    return this.#variables;
  }

  /**
   * Goes past an event. All of a snapshot has one cursor: it counts only when the snapshot is known to be whole, which
   * the first live event tells, or a READY after it.
   */
  passed(event: Pick<WatchedEvent, 'type' | 'cursor'>): void {
    if (event.type === 'SNAPSHOT') {
      this.#inSnapshot = true;
      return;
    }
    if (event.type === 'READY' && this.#variables.snapshot && !this.#inSnapshot) return;
    this.#variables = { ...this.#variables, after: event.cursor, snapshot: false };
  }
}
