import type { Position } from '../schema/log-entry.ts';
import type { NeuronPhase, NeuronStatus } from './status.ts';
import type { Store } from './storage/store.ts';

/** Keeps what the status says that the store does not. */
export class Progress {
  readonly #store: Store;
  readonly #serverUrl: string;
  readonly #publicKey: string;
  #phase: NeuronPhase = 'connecting';
  #position: Position = 0;
  #historyUpTo: Position = 0;
  #disconnects = 0;
  #lastError: string | null = null;
  /** The status at the end: the store is closed by then. */
  #last: NeuronStatus | undefined;

  constructor(store: Store, serverUrl: string, publicKey: string) {
    this.#store = store;
    this.#serverUrl = serverUrl;
    this.#publicKey = publicKey;
  }

  following(target: Position): void {
    this.#phase = 'catching-up';
    this.#historyUpTo = target;
  }

  stored(newest: Position): void {
    this.#position = newest;
  }

  caughtUp(): void {
    this.#phase = 'live';
  }

  disconnected(message: string): void {
    this.#phase = 'connecting';
    this.#disconnects += 1;
    this.#lastError = message;
  }

  failed(message: string): void {
    this.#phase = 'failed';
    this.#lastError = message;
  }

  /** To be called before the store closes. */
  stopped(): void {
    if (this.#phase !== 'failed') this.#phase = 'stopped';
    this.#last = this.status();
  }

  status(): NeuronStatus {
    if (this.#last) return this.#last;
    const { streams, observations, broken, breaks, repairs } = this.#store.streams.counts();
    return {
      phase: this.#phase,
      serverUrl: this.#serverUrl,
      publicKey: this.#publicKey,
      streams,
      observations,
      position: this.#position,
      historyUpTo: this.#historyUpTo,
      brokenStreams: broken,
      chainBreaks: breaks,
      chainRepairs: repairs,
      storeTrouble: this.#store.trouble,
      outbox: this.#store.predictions.countWaiting(),
      answers: this.#store.predictions.countAnswers(),
      disconnects: this.#disconnects,
      lastError: this.#lastError,
    };
  }
}
