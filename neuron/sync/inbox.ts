/**
 * Gathers what arrives and hands it on in order, a batch a turn of the event loop: a burst costs few transactions, and
 * however much comes at once, everything else has its turn between two of them. What `deliver` throws goes to `fail`,
 * and what came after it is forgotten.
 */
export class Inbox<T> {
  readonly #deliver: (items: readonly T[]) => void;
  readonly #fail: (error: unknown) => void;
  readonly #limit: number;
  #items: T[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  #room: { readonly promise: Promise<void>; readonly open: () => void } | undefined;

  /** `limit`: items delivered at once at most. */
  constructor(limit: number, deliver: (items: readonly T[]) => void, fail: (error: unknown) => void) {
    this.#limit = limit;
    this.#deliver = deliver;
    this.#fail = fail;
  }

  /** Takes an item. Gives a promise if no more should be sent until that resolves. */
  push(item: T): Promise<void> | undefined {
    this.#items.push(item);
    this.#schedule();
    if (this.#items.length < this.#limit) return undefined;
    this.#room ??= makeRoom();
    return this.#room.promise;
  }

  /** Delivers all that has arrived, now. */
  flush(): void {
    while (this.#items.length > 0) this.#next();
  }

  /** Forgets what has not been delivered: the log will give it again. */
  discard(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    this.#items = [];
  }

  #schedule(): void {
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      this.#next();
      if (this.#items.length > 0) this.#schedule();
    });
  }

  #next(): void {
    const items = this.#items.splice(0, this.#limit);
    try {
      if (items.length > 0) this.#deliver(items);
    } catch (error) {
      this.discard();
      this.#fail(error);
    }
    if (this.#items.length >= this.#limit) return;
    this.#room?.open();
    this.#room = undefined;
  }
}

function makeRoom() {
  let open: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}
