/** Runs tasks one after another, in the order in which they were asked for. */
export class TurnQueue {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Tasks that have been asked for and have not begun. */
  get waiting(): number {
    return this.#waiting;
  }

  run<T>(task: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const begin = (): Promise<T> => {
      this.#waiting -= 1;
      return task();
    };
    const turn = this.#last.then(begin, begin);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
