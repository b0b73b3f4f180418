import type { CollectorLog } from './log.ts';

/** Logs the first failure of a run, and its end: what fails every two seconds must not fill the log. */
export class FailureRun {
  readonly #log: CollectorLog;
  readonly #source: string;
  readonly #step: string;
  #length = 0;

  constructor(log: CollectorLog, source: string, step: string) {
    this.#log = log;
    this.#source = source;
    this.#step = step;
  }

  failed(error: unknown): void {
    this.#length += 1;
    const fields = { source: this.#source, step: this.#step, err: error };
    if (this.#length === 1) this.#log.warn(fields, 'A collector failed; it is tried again at the next beat.');
    else this.#log.debug({ ...fields, failures: this.#length }, 'A collector still fails.');
  }

  succeeded(): void {
    if (this.#length === 0) return;
    const fields = { source: this.#source, step: this.#step, failures: this.#length };
    this.#log.info(fields, 'A collector works again.');
    this.#length = 0;
  }
}
