import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import type { Position, WrittenTopic } from '../../../schema/log-entry.ts';
import { type ConsumerTask, passOver } from '../log/log-consumer.ts';
import type { LogWriter } from '../log/log-writer.ts';
import { PredictedTenants } from '../prediction/predicted-tenants.ts';
import { consensusPeer } from '../scoring/consensus-peer.ts';
import type { StreamCatalog } from '../stream/stream-catalog.ts';
import { appendConsensus } from './append-consensus.ts';
import { draftConsensus } from './draft.ts';
import { PastMemory } from './past-memory.ts';
import { changedStreams, readInputs } from './read-inputs.ts';
import { COMBINATION } from './settings.ts';

/** The name of the consensus among the consumers of a log. */
const CONSENSUS = 'consensus';
const WOKEN_BY: ReadonlySet<WrittenTopic> = new Set<WrittenTopic>(['observation', 'prediction', 'score']);

export interface ConsensusTaskParts {
  readonly pool: pg.Pool;
  readonly writer: LogWriter;
  readonly catalog: StreamCatalog;
  /** How long what comes in is gathered before the consensus is made of it, in ms. */
  readonly debounceMs: number;
}

/**
 * Keeps every stream's consensus, as a consumer of the log. What is written depends on the tables and not on how the
 * log was cut into pages, and the same again writes nothing: so a step that ran twice does no harm.
 */
export class ConsensusTask implements ConsumerTask {
  readonly name = CONSENSUS;
  readonly wokenBy = WOKEN_BY;
  readonly #parts: ConsensusTaskParts;

  readonly #memory: PastMemory;
  readonly #predicted: PredictedTenants;

  constructor(parts: ConsensusTaskParts) {
    this.#parts = parts;
    this.#memory = new PastMemory(parts.pool, COMBINATION.memory);
    this.#predicted = new PredictedTenants(parts.pool);
  }

  async step(tenant: string, after: Position, through: Position): Promise<Position> {
    const { pool, debounceMs } = this.#parts;
    if (debounceMs > 0) await pause(debounceMs);
    if (await this.#predicted.has(tenant)) await this.#make(tenant, after, through);
    else this.#memory.follow(tenant, after, []);
    if (await passOver(pool, { tenant, name: CONSENSUS, from: after, to: through }))
      this.#memory.followed(tenant, through);
    return through;
  }

  /** Makes the consensus of the streams that something came in for after `after` up to `through`. */
  async #make(tenant: string, after: Position, through: Position): Promise<void> {
    const { pool, writer, catalog } = this.#parts;
    const peer = await consensusPeer(pool, tenant);
    const changed = await changedStreams(pool, { tenant, after, through, consensusPeerId: peer.id });
    this.#memory.follow(
      tenant,
      after,
      changed.flatMap(({ id, disturbed }) => (disturbed ? [id] : [])),
    );
    if (changed.length === 0) return;
    const streams = await catalog.byServerIds(
      tenant,
      changed.map(({ id }) => id),
    );
    const source = { pool, memory: this.#memory, tenant, consensusPeerId: peer.id };
    const inputs = await readInputs(source, streams);
    if (inputs.length > 0) await appendConsensus(writer, tenant, peer, inputs.map(draftConsensus));
  }
}
