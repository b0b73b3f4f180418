import { pause } from './backoff.ts';
import type { NeuronConfig } from './config.ts';
import type { StateApi } from './dashboard/state-api.ts';
import { stateApiOf } from './dashboard/state-api-of.ts';
import { Engine } from './engine/engine.ts';
import { Rounds } from './engine/rounds.ts';
import { messageOf } from './errors.ts';
import { EventLoopMonitor } from './event-loop.ts';
import type { Logger } from './logger.ts';
import { Sender } from './outbox/sender.ts';
import { Progress } from './progress.ts';
import type { NeuronStatus } from './status.ts';
import { Retention } from './storage/retention.ts';
import { openStore, type Store } from './storage/store.ts';
import { connectTo } from './sync/connect.ts';
import { Feed } from './sync/feed.ts';
import { type Identity, loadIdentity } from './sync/identity.ts';
import { ScoreSync } from './sync/scores.ts';
import type { Server } from './sync/server.ts';
import { StreamFactsSync } from './sync/stream-facts.ts';
import { ModelFiles } from './training/model-files.ts';
import type { Trainer } from './training/trainer.ts';
import { trainerOf } from './training/trainer-of.ts';
import { Turns } from './turns.ts';

/** A running neuron. */
export interface Neuron {
  status(): NeuronStatus;
  /** Port of the state API; resolves with undefined if there is none. */
  readonly uiPort: Promise<number | undefined>;
  /** Delay of the event loop since the start, or since it was reset. */
  readonly eventLoop: EventLoopMonitor;
  /** Resolves when the history is in for the first time; settles like `finished` if that never happens. */
  readonly ready: Promise<void>;
  /** Resolves when the neuron has stopped; rejects with a `NeuronError` if it had to give up by itself. */
  readonly finished: Promise<void>;
  /** Finishes the round at hand, sends what it can, keeps the rest in the outbox, and closes everything. */
  stop(): Promise<void>;
}

/**
 * Starts a neuron: it follows the log into its store, predicts what comes next and submits that, until stopped. A
 * server that can't be reached is waited for. Throws `NeuronError` if the data directory or the key can't be used.
 */
export function startNeuron(config: NeuronConfig, logger: Logger): Neuron {
  const store = openStore(config.dataDir, { maxStoreMb: config.maxStoreMb });
  let identity: Identity;
  try {
    identity = loadIdentity(config.dataDir);
  } catch (error) {
    store.close();
    throw error;
  }
  return new RunningNeuron(config, logger, store, identity);
}

class RunningNeuron implements Neuron {
  readonly ready: Promise<void>;
  readonly finished: Promise<void>;
  readonly uiPort: Promise<number | undefined>;
  readonly eventLoop = new EventLoopMonitor();
  readonly #config: NeuronConfig;
  readonly #logger: Logger;
  readonly #store: Store;
  readonly #progress: Progress;
  readonly #turns = new Turns();
  readonly #engine: Engine;
  readonly #trainer: Trainer;
  readonly #rounds: Rounds;
  readonly #retention: Retention;
  readonly #scores: ScoreSync;
  readonly #stateApi: StateApi;
  readonly #sender: Sender;
  /** Ends the feed and the sending of what comes next. */
  readonly #stopping = new AbortController();
  /** Ends every request that is still on its way. */
  readonly #hangUp = new AbortController();

  constructor(config: NeuronConfig, logger: Logger, store: Store, identity: Identity) {
    this.#config = config;
    this.#logger = logger;
    this.#store = store;
    this.#progress = new Progress(store, config.serverUrl, identity.publicKey);
    const server = connectTo(config, identity, this.#hangUp.signal);
    const { backoff, maxBatch } = config;
    this.#sender = new Sender({ store, server, maxBatch, backoff, turns: this.#turns, logger });
    this.#engine = this.#makeEngine(new ModelFiles(config.dataDir, logger));
    this.#trainer = trainerOf(config, this.#engine, this.#turns, logger);
    this.#rounds = this.#makeRounds();
    const { retentionDays: days, historyRows: keepRows, vacuum } = config;
    this.#retention = new Retention({ store, days, keepRows, vacuum, logger });
    this.#scores = this.#makeScores(server, identity.publicKey);
    const { eventLoop } = this;
    const status = () => this.status();
    const parts = { store, engine: this.#engine, trainer: this.#trainer, eventLoop, status, logger };
    this.#stateApi = stateApiOf(config, parts);
    this.uiPort = config.uiPort === 0 ? Promise.resolve(undefined) : this.#stateApi.start();
    this.eventLoop.start();
    let onCaughtUp: () => void = () => undefined;
    const caughtUp = new Promise<void>((resolve) => {
      onCaughtUp = resolve;
    });
    this.finished = this.#live(this.#makeFeed(server, identity.publicKey, () => onCaughtUp()));
    this.ready = Promise.race([caughtUp, this.finished]);
    // Who waits for them hears of a failure; if nobody does, it is in the status and the log, and no crash.
    this.ready.catch(() => undefined);
  }

  status(): NeuronStatus {
    return this.#progress.status();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.finished.catch(() => undefined);
  }

  #makeEngine(files: ModelFiles): Engine {
    const { adapters, quantiles: levels, horizons, historyRows } = this.#config;
    const shared = { turns: this.#turns, logger: this.#logger };
    const onFirstModel = (stream: number) => this.#rounds.touch([stream]);
    return new Engine(this.#store, {
      adapters,
      levels,
      horizons,
      historyRows,
      files,
      onFirstModel,
      ...shared,
    });
  }

  #makeScores(server: Server, peer: string): ScoreSync {
    const { scoresIntervalMs: intervalMs } = this.#config;
    const onScore = (stream: number) => this.#engine.scored(stream);
    return new ScoreSync({ store: this.#store, server, peer, intervalMs, onScore, logger: this.#logger });
  }

  #makeRounds(): Rounds {
    const { roundWindowMs, backoff } = this.#config;
    return new Rounds({
      windowMs: roundWindowMs,
      backoff,
      logger: this.#logger,
      run: async (streams) => {
        if ((await this.#engine.round(streams, Date.now())) > 0) this.#sender.wake();
        this.#trainer.observed(streams);
        const uuids = [...streams].flatMap((stream) => this.#store.streams.uuid(stream) ?? []);
        this.#stateApi.round(uuids);
      },
    });
  }

  #makeFeed(server: Server, peer: string, onCaughtUp: () => void): Feed {
    const { tenant, streams, tags, filters, backoff, serverUrl, factsMaxAgeMs } = this.#config;
    const store = this.#store;
    const logger = this.#logger;
    const facts = new StreamFactsSync({ store, server, serverUrl, logger });
    return new Feed({
      store,
      server,
      facts,
      tenant,
      peer,
      following: { streams, tags, filters },
      factsMaxAgeMs,
      backoff,
      logger,
      listener: {
        following: (target) => {
          this.#progress.following(target);
          this.#rounds.hold();
          this.#trainer.hold();
        },
        stored: (grown, newest) => {
          this.#progress.stored(newest);
          this.#rounds.touch(grown);
        },
        rewritten: (stream) => this.#engine.forget(stream),
        reopened: () => this.#sender.wake(),
        caughtUp: () => {
          this.#progress.caughtUp();
          const { streams: known, observations, position } = this.#progress.status();
          logger.info({ streams: known, observations, position }, 'history is in; following live');
          // Every stream, not only those that grew: one may have been stored just before the last stop.
          this.#rounds.touch(this.#followed());
          this.#rounds.release();
          this.#trainer.release();
          onCaughtUp();
        },
        disconnected: (error) => {
          this.#progress.disconnected(messageOf(error));
          // Without a server there is still something to learn from what is stored.
          this.#trainer.observed(this.#followed());
          this.#trainer.release();
        },
      },
    });
  }

  #followed(): number[] {
    return this.#store.streams
      .list()
      .filter((stream) => stream.followed === 1)
      .map((stream) => stream.id);
  }

  /** From start to stop, in order: no more arrivals, the last round, the last sending, then close. */
  async #live(feed: Feed): Promise<void> {
    this.#retention.start();
    this.#scores.start();
    const stopping = this.#stopping.signal;
    const sending = this.#sender.run(stopping);
    let fatal: unknown;
    const feeding = feed.run(stopping).catch((error: unknown) => {
      fatal = error;
      this.#progress.failed(messageOf(error));
      this.#logger.error({ error: messageOf(error) }, 'the neuron has to stop');
      this.#stopping.abort();
    });
    await new Promise<void>((resolve) => {
      stopping.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.all([this.#drain(feeding, sending), this.#trainer.stop(), this.#retention.stop()]);
    this.#hangUp.abort();
    await Promise.all([feeding, sending, this.#scores.stop(), this.uiPort]);
    await this.#stateApi.stop();
    this.eventLoop.stop();
    this.#progress.stopped();
    this.#store.close();
    if (fatal !== undefined) throw fatal;
  }

  async #drain(feeding: Promise<void>, sending: Promise<void>): Promise<void> {
    const timeUp = new AbortController();
    const drained = (async () => {
      await feeding;
      await this.#rounds.stop();
      await sending;
      await this.#sender.drain(AbortSignal.any([timeUp.signal, this.#hangUp.signal]));
    })();
    const waited = pause(this.#config.drainMs, timeUp.signal);
    await Promise.race([drained, waited]);
    timeUp.abort();
    this.#hangUp.abort();
    await drained;
  }
}
