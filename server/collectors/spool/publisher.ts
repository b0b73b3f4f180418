import { type ErrorCode, type ItemError, PresageError } from '../../../schema/errors.ts';
import { formatTime } from '../../../schema/time.ts';
import { FailureRun } from '../failure-run.ts';
import type { CollectorLog } from '../log.ts';
import type { Sink } from '../sink.ts';
import type { Spool, Waiting } from './spool.ts';

/** Observations sent at once. */
const BATCH = 1_000;
/** Pause after a failure, in ms; doubled up to the last. */
const PAUSE_MS = { first: 250, last: 15_000 };
/** How long a stream that can't be published on is left alone, in ms. */
const BLOCKED_MS = 60_000;
/** Errors of an item that time may heal: it stays in the outbox. */
const HEALING: readonly ErrorCode[] = ['LIMITED', 'UNKNOWN_STREAM', 'FORBIDDEN'];

/**
 * Publishes what waits in a spool, in batches, until it is stopped. An observation leaves the outbox only when the server
 * has answered for it, so a kill at any moment sends it again, and the server knows it by stream and time.
 */
export class SpoolPublisher {
  readonly #spool: Spool;
  readonly #sink: Sink;
  readonly #log: CollectorLog;
  readonly #failures: FailureRun;
  readonly #ready = new Set<string>();
  /** Streams that are left alone until then. */
  readonly #blocked = new Map<string, number>();
  #pauseMs = 0;
  #stopping = false;
  #abandoned = false;
  #woken = false;
  #wake: () => void = () => {};
  #running: Promise<void> | undefined;

  constructor(spool: Spool, sink: Sink, log: CollectorLog) {
    this.#spool = spool;
    this.#sink = sink;
    this.#log = log;
    this.#failures = new FailureRun(log, 'spool', 'publish');
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Something was collected. */
  wake(): void {
    if (this.#pauseMs > 0) return;
    this.#woken = true;
    this.#wake();
  }

  /** Publishes what waits, and ends; at the first failure too. What is left is in the spool for the next start. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#woken = true;
    this.#wake();
    await this.#running;
  }

  /** Begins no further batch. */
  abandon(): void {
    this.#abandoned = true;
  }

  async #run(): Promise<void> {
    for (;;) {
      this.#woken = false;
      const more = await this.#batch().then(
        (found) => {
          this.#pauseMs = 0;
          this.#failures.succeeded();
          return found;
        },
        (error: unknown) => {
          this.#failures.failed(error);
          this.#pauseMs = Math.min(PAUSE_MS.last, Math.max(PAUSE_MS.first, this.#pauseMs * 2));
          return false;
        },
      );
      if (this.#abandoned || (this.#stopping && !more)) return;
      if (!more && !this.#woken)
        await this.#sleep(this.#pauseMs > 0 ? this.#pauseMs * (0.5 + Math.random()) : BLOCKED_MS);
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Publishes one batch; whether there may be more at once. Throws if the server can't be reached. */
  async #batch(): Promise<boolean> {
    const now = Date.now();
    for (const [stream, until] of this.#blocked) if (until <= now) this.#blocked.delete(stream);
    const found = this.#spool.waiting(BATCH, [...this.#blocked.keys()]);
    if (found.length === 0) return false;
    for (const stream of new Set(found.map((item) => item.stream))) await this.#ensure(stream);
    const items = found.filter(({ stream }) => !this.#blocked.has(stream));
    if (items.length === 0) return true;
    const errors = await this.#sink.publish(
      items.map(({ stream, value, observedAt, provider }) => ({
        ...{ streamName: stream, value, provider },
        observedAt: formatTime(observedAt),
      })),
    );
    return this.#settle(items, errors);
  }

  #settle(items: readonly Waiting[], errors: readonly ItemError[]): boolean {
    const failures = errors.filter(({ code }) => code !== 'DUPLICATE');
    const healing = new Set(failures.filter(({ code }) => HEALING.includes(code)).map(({ index }) => index));
    const answered = items.map((item, index) => ({ item, index })).filter(({ index }) => !healing.has(index));
    const refusals = new Map(failures.map((failure) => [failure.index, failure]));
    this.#spool.answered(
      answered.map(({ item }) => item),
      answered.flatMap(({ index }, place) => {
        const refusal = refusals.get(index);
        return refusal ? [{ ...refusal, index: place }] : [];
      }),
    );
    this.#tell(items, failures);
    if (failures.some(({ code }) => code === 'LIMITED')) {
      throw new PresageError('LIMITED', 'The server takes no more for now; it is tried again.');
    }
    return true;
  }

  /** Blocks streams that can't be published on, and says of each stream once what it was refused for. */
  #tell(items: readonly Waiting[], failures: readonly ItemError[]): void {
    const refusals = new Map<string, { stream: string; code: string; message: string; count: number }>();
    for (const { index, code, message } of failures) {
      const stream = items[index]?.stream ?? '';
      if (code === 'LIMITED') continue;
      if (HEALING.includes(code)) this.#block(stream, new PresageError(code, message));
      else {
        const told = refusals.get(`${stream} ${code}`);
        refusals.set(`${stream} ${code}`, { stream, code, message, count: (told?.count ?? 0) + 1 });
      }
    }
    for (const { message, ...fields } of refusals.values()) {
      this.#log.error(fields, `The server refused observations, which are kept: ${message}`);
    }
  }

  async #ensure(stream: string): Promise<void> {
    if (this.#ready.has(stream)) return;
    try {
      this.#spool.setUuid(stream, await this.#sink.ensure(this.#spool.describedAs(stream)));
      this.#ready.add(stream);
    } catch (error) {
      if (!(error instanceof PresageError) || error.code === 'UNAVAILABLE') throw error;
      this.#block(stream, error);
    }
  }

  #block(stream: string, error: PresageError): void {
    if (!this.#blocked.has(stream)) {
      this.#log.warn(
        { stream, err: error },
        'A stream can’t be published on; what is collected of it waits in the spool.',
      );
    }
    this.#ready.delete(stream);
    this.#blocked.set(stream, Date.now() + BLOCKED_MS);
  }
}
