import { type ChildProcess, fork } from 'node:child_process';

/** A process of the bench's own, which is told `To` and answers `From`. */
export class Child<To extends object, From extends { readonly kind: string }> {
  readonly #process: ChildProcess;

  constructor(module: URL, args: readonly string[] = []) {
    this.#process = fork(module, args, { serialization: 'advanced' });
  }

  send(message: To): void {
    this.#process.send(message);
  }

  /** The next answer of a kind. Rejects if the process ends before it comes. */
  next<K extends From['kind']>(kind: K): Promise<Extract<From, { kind: K }>> {
    return new Promise((resolve, reject) => {
      const onExit = () => reject(new Error('a process of the bench has ended'));
      const onMessage = (message: From) => {
        if (!isKind<From, K>(message, kind)) return;
        this.#process.off('message', onMessage);
        this.#process.off('exit', onExit);
        resolve(message);
      };
      this.#process.on('message', onMessage);
      this.#process.once('exit', onExit);
    });
  }

  ask<K extends From['kind']>(message: To, kind: K): Promise<Extract<From, { kind: K }>> {
    this.send(message);
    return this.next(kind);
  }

  /** Resolves when it is gone. */
  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.disconnect();
    await gone;
  }
}

function isKind<From extends { readonly kind: string }, K extends From['kind']>(
  message: From,
  kind: K,
): message is Extract<From, { kind: K }> {
  return message.kind === kind;
}
