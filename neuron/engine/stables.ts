import type { EpochMs } from '../../schema/time.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { SavedModel } from '../selection/saved-model.ts';
import type { Training } from '../selection/train.ts';
import type { StreamRows } from '../storage/stream-rows.ts';
import type { ModelFiles } from '../training/model-files.ts';

/** What was trained for a stream and is in use. */
export interface Stable {
  readonly model: SavedModel;
  readonly trainedAt: EpochMs;
}

/** The stable model of each stream, which its file keeps over restarts. */
export class Stables {
  readonly #streams: Pick<StreamRows, 'uuid'>;
  readonly #files: ModelFiles;
  readonly #logger: Logger;
  /** Those that were asked for or put so far; null for a stream without. */
  readonly #known = new Map<number, Stable | null>();

  constructor(streams: Pick<StreamRows, 'uuid'>, files: ModelFiles, logger: Logger) {
    this.#streams = streams;
    this.#files = files;
    this.#logger = logger;
  }

  get(stream: number): Stable | null {
    const known = this.#known.get(stream);
    if (known !== undefined) return known;
    const uuid = this.#streams.uuid(stream);
    const stored = uuid === undefined ? undefined : this.#files.read(uuid);
    const stable = stored ? { model: stored.model, trainedAt: stored.header.trainedAt } : null;
    this.#known.set(stream, stable);
    return stable;
  }

  /** From now on it is this one. */
  put(stream: number, stable: Stable): void {
    this.#known.set(stream, stable);
  }

  /** Writes the stream's stable model to its file, with what made it so. A failure is logged: the model goes on being used. */
  async write(stream: number, { model, trainedAt }: Stable, decision: Training['decision']): Promise<void> {
    const uuid = this.#streams.uuid(stream);
    if (uuid === undefined) return;
    try {
      await this.#files.write(uuid, model, { trainedAt, decision });
    } catch (error) {
      this.#logger.error(
        { stream: uuid, error: messageOf(error) },
        'a trained model could not be stored; it is used as long as the neuron runs',
      );
    }
  }
}
