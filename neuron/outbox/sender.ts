import { type PredictionInput, SubmitPredictionsDocument } from '../../schema/generated/graphql.ts';
import { Backoff, type BackoffBounds, pause } from '../backoff.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Answer, QuantileValue, WaitingPrediction } from '../storage/prediction-rows.ts';
import type { Store } from '../storage/store.ts';
import type { Server } from '../sync/server.ts';
import { ServerRefusal } from '../sync/server-errors.ts';
import type { Turns } from '../turns.ts';
import { answersOf } from './answers.ts';

/** Refusals of a call that are about what is in it: it is halved until what sinks it is alone. */
const ABOUT_THE_CALL: readonly string[] = ['BAD_INPUT', 'TOO_LARGE', 'TOO_COMPLEX'];

export interface SenderOptions {
  readonly store: Store;
  readonly server: Server;
  /** Predictions in one call at most. */
  readonly maxBatch: number;
  readonly backoff: BackoffBounds;
  /** Shared with whoever else works on the main thread. */
  readonly turns: Turns;
  readonly logger: Logger;
}

/** Answers recorded in one transaction at most. */
const RECORD_ROWS = 100;

/**
 * Empties the outbox into the server. A prediction leaves it only with an answer of its own; without one it is sent
 * again, which the server recognises (`DUPLICATE`), so a lost answer costs nothing. One whose target has come before
 * is dropped, and counted as `EXPIRED`.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #backoff: Backoff;
  #batch: number;
  #wake: () => void = () => undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff);
    this.#batch = options.maxBatch;
  }

  /** Says that the outbox has something new. */
  wake(): void {
    this.#wake();
  }

  /** Sends whatever comes, until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const outcome = await this.#attempt();
      if (outcome === 'empty') await woken;
      else if (outcome === 'stuck') await pause(this.#backoff.next(), signal);
      else this.#backoff.reset();
    }
  }

  /** Sends what is left, as long as the server takes it and until `signal` is aborted. To be called after `run`. */
  async drain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await this.#attempt()) === 'sent');
  }

  /** Sends one batch: `stuck` means that something stays and the server should be left alone for a while. */
  async #attempt(): Promise<'empty' | 'sent' | 'stuck'> {
    const { store, logger } = this.#options;
    try {
      const waiting = store.predictions.waiting(this.#batch);
      if (waiting.length === 0) return 'empty';
      const inTime = waiting.filter(({ late }) => late === 0);
      if (inTime.length < waiting.length) await this.#drop(waiting.filter(({ late }) => late === 1));
      return inTime.length === 0 ? 'sent' : await this.#send(inTime);
    } catch (error) {
      logger.warn({ error: messageOf(error) }, 'predictions could not be submitted; they stay in the outbox');
      return 'stuck';
    }
  }

  /** What they predict has come: they are of no more use to anyone. */
  async #drop(late: readonly WaitingPrediction[]): Promise<void> {
    const message = 'What it predicts was observed before the server had answered.';
    const answers = late.map(({ id }) => ({ prediction: id, answer: 'EXPIRED', message, serverId: null }));
    await this.#record(answers);
    this.#options.logger.info({ dropped: late.length }, 'predictions were dropped: their targets have come');
  }

  async #send(waiting: readonly WaitingPrediction[]): Promise<'sent' | 'stuck'> {
    const { server, maxBatch } = this.#options;
    try {
      const input = { predictions: waiting.map(asInput) };
      const { submitPredictions } = await server.request(SubmitPredictionsDocument, { input });
      const answers = answersOf(waiting, submitPredictions);
      await this.#record(answers);
      this.#batch = Math.min(maxBatch, this.#batch * 2);
      this.#report(waiting.length, submitPredictions);
      return answers.length < waiting.length ? 'stuck' : 'sent';
    } catch (error) {
      if (!(error instanceof ServerRefusal) || !ABOUT_THE_CALL.includes(error.code)) throw error;
      return this.#divide(waiting, error);
    }
  }

  /** The call was refused for what is in it. A prediction refused alone has its answer. */
  async #divide(waiting: readonly WaitingPrediction[], refusal: ServerRefusal): Promise<'sent'> {
    const [only] = waiting;
    if (waiting.length > 1 || !only) {
      this.#batch = Math.ceil(waiting.length / 2);
      return 'sent';
    }
    const { code, message } = refusal;
    this.#options.logger.error({ code, message }, 'the server refuses a prediction');
    const answer = { prediction: only.id, answer: code, message, serverId: null };
    await this.#record([answer]);
    return 'sent';
  }

  /** A part after the other: if they are cut off in between, the rest is sent again and recognised. */
  async #record(answers: readonly Answer[]): Promise<void> {
    const { store, turns } = this.#options;
    for (let from = 0; from < answers.length; from += RECORD_ROWS) {
      await turns.next();
      store.predictions.answer(answers.slice(from, from + RECORD_ROWS), Date.now());
    }
  }

  #report(sent: number, result: { successful: number; duplicates: number; failed: number }): void {
    const { successful, duplicates, failed } = result;
    this.#options.logger.debug({ sent, successful, duplicates, failed }, 'predictions submitted');
  }
}

function asInput(waiting: WaitingPrediction): PredictionInput {
  const { streamUuid, baseHash, horizon, value } = waiting;
  const quantiles: QuantileValue[] = JSON.parse(waiting.quantiles);
  return { streamUuid, baseHash, horizon, value, ...(quantiles.length > 0 && { quantiles }) };
}
