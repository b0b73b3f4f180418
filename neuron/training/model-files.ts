import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ADAPTER_NAMES } from '../adapters/adapter.ts';
import { adapterNamed } from '../adapters/all.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { parseSavedModel, type SavedModel } from '../selection/saved-model.ts';

/** Counts up when files of before can't be read any more. */
const FORMAT = 1;
const SUFFIX = '.model';

const HEADER = z.strictObject({
  format: z.literal(FORMAT),
  /** SHA-256 of the model's bytes, lower-case hex. */
  checksum: z.string().length(64),
  bytes: z.int().min(0),
  stream: z.string(),
  trainedAt: z.number(),
  decision: z.string(),
  rows: z.int(),
  from: z.number(),
  through: z.number(),
  members: z.array(
    z.strictObject({
      adapter: z.enum(ADAPTER_NAMES),
      version: z.int(),
      hyperparameters: z.record(z.string(), z.number()),
      mae: z.number(),
      naiveMae: z.number(),
    }),
  ),
});

/** What can be known of a stored model without reading all of it. */
export type ModelHeader = z.infer<typeof HEADER>;

export interface StoredModel {
  readonly header: ModelHeader;
  readonly model: SavedModel;
}

/**
 * A file per stream: one line of JSON about the model, then the model as JSON. Written beside and renamed, so there
 * is always a whole one. A file that can't be used is set aside (`.bad`, the last one of a stream is kept): the stream
 * is trained anew.
 */
export class ModelFiles {
  readonly #directory: string;
  readonly #logger: Logger;

  constructor(dataDir: string, logger: Logger) {
    this.#directory = join(dataDir, 'models');
    this.#logger = logger;
  }

  /** The model of a stream; undefined if there is none that can be used. Never throws. */
  read(stream: string): StoredModel | undefined {
    const file = this.#file(stream);
    if (!statSync(file, { throwIfNoEntry: false })) return undefined;
    try {
      return parse(stream, readFileSync(file));
    } catch (error) {
      this.#setAside(file, messageOf(error));
      return undefined;
    }
  }

  /** Stores a model; on the disk when it resolves. Throws what the file system throws. */
  async write(
    stream: string,
    model: SavedModel,
    about: { trainedAt: number; decision: string },
  ): Promise<void> {
    mkdirSync(this.#directory, { recursive: true });
    const body = Buffer.from(JSON.stringify(model));
    const header: ModelHeader = {
      format: FORMAT,
      checksum: checksum(body),
      bytes: body.length,
      stream,
      ...about,
      rows: model.rows,
      from: model.from,
      through: model.through,
      members: model.members.map(({ adapter, version, hyperparameters, mae, naiveMae }) => ({
        adapter,
        version,
        hyperparameters,
        mae,
        naiveMae,
      })),
    };
    const file = this.#file(stream);
    const beside = `${file}.new`;
    const handle = await open(beside, 'w', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(header)}\n`);
      await handle.writeFile(body);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  }

  /** The headers of all models that look usable, by stream: for a look from outside. */
  headers(): ReadonlyMap<string, ModelHeader> {
    const found = new Map<string, ModelHeader>();
    if (!statSync(this.#directory, { throwIfNoEntry: false })) return found;
    for (const name of readdirSync(this.#directory)) {
      if (!name.endsWith(SUFFIX)) continue;
      try {
        const header = headerOf(readFileSync(join(this.#directory, name)));
        found.set(header.stream, header);
      } catch {
        // It is set aside and reported when the neuron wants to use it.
      }
    }
    return found;
  }

  #file(stream: string): string {
    return join(this.#directory, `${stream}${SUFFIX}`);
  }

  #setAside(file: string, reason: string): void {
    const aside = `${file}.bad`;
    try {
      renameSync(file, aside);
    } catch (error) {
      this.#logger.warn({ file, error: messageOf(error) }, 'a model that is no use could not be set aside');
    }
    this.#logger.warn({ file, aside, reason }, 'a stored model is no use; the stream is trained anew');
  }
}

function parse(stream: string, content: Buffer): StoredModel {
  const header = headerOf(content);
  const body = content.subarray(content.indexOf('\n') + 1);
  if (body.length !== header.bytes || checksum(body) !== header.checksum) {
    throw new Error('the checksum does not match: the file was cut off or changed');
  }
  if (header.stream !== stream) throw new Error(`it is the model of another stream, ${header.stream}`);
  const model = parseSavedModel(JSON.parse(body.toString('utf8')));
  if ('problem' in model) throw new Error(`it is of another version: ${model.problem}`);
  for (const { adapter, version } of model.members) {
    const current = adapterNamed(adapter).version;
    if (version !== current) throw new Error(`it is of ${adapter} version ${version}; now it is ${current}`);
  }
  return { header, model };
}

function headerOf(content: Buffer): ModelHeader {
  const end = content.indexOf('\n');
  if (end < 0) throw new Error('it has no header');
  const header = HEADER.safeParse(JSON.parse(content.subarray(0, end).toString('utf8')));
  if (header.success) return header.data;
  throw new Error(`its header can't be read: ${header.error.issues[0]?.path.join('.')}`);
}

function checksum(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}
