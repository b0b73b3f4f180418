import { PresageError } from '../../../schema/errors.ts';
import type { Filter } from '../../../schema/filter/form.ts';
import type { Position, PredictionDocument } from '../../../schema/log-entry.ts';
import type { TenantReads } from '../../storage/tenant-connections.ts';
import type { Actor } from '../actor.ts';
import { pageOf } from '../filter/page-sql.ts';
import type { LogWriter } from '../log/log-writer.ts';
import type { Page, PageRequest } from '../page.ts';
import type { StreamCatalog } from '../stream/stream-catalog.ts';
import { Intake } from './intake.ts';
import { judgePrediction } from './judge.ts';
import { listSql } from './list-sql.ts';
import { PREDICTION_COLUMNS, PREDICTION_JOINS, type PredictionRow, toPrediction } from './prediction-row.ts';
import type { NewPrediction, Predictions, SubmitReport } from './predictions.ts';
import type { Submission } from './submission.ts';

/** Predictions of one call, at most. */
export const MAX_PREDICTIONS = 1_000;

/** Predictions: taking them while their target is open, and reading them. */
export class PredictionService implements Predictions {
  readonly #reads: TenantReads;
  readonly #intake: Intake;
  readonly #catalog: StreamCatalog;

  constructor(reads: TenantReads, writer: LogWriter, catalog: StreamCatalog) {
    this.#reads = reads;
    this.#intake = new Intake(writer);
    this.#catalog = catalog;
  }

  async submit(actor: Actor, items: readonly NewPrediction[]): Promise<SubmitReport> {
    if (items.length < 1 || items.length > MAX_PREDICTIONS) {
      const message = `A call submits 1 to ${MAX_PREDICTIONS} predictions, not ${items.length}; split it.`;
      throw new PresageError('BAD_INPUT', message);
    }
    const { tenant } = actor;
    const keys = items.map(({ streamUuid }) => ({ uuid: streamUuid }));
    const streams = await this.#catalog.findAll(tenant, keys);
    const judged = items.map((item, index) => judgePrediction(item, streams[index]));
    return toReport(await this.#intake.submit(actor, judged));
  }

  async find(tenant: string, id: Position): Promise<PredictionDocument | undefined> {
    if (!Number.isSafeInteger(id)) return undefined;
    const [found] = await this.#read(
      tenant,
      `${PREDICTION_JOINS} JOIN predictions f
          ON f.tenant = p.tenant AND f.stream_id = p.stream_id AND f.base_observed_at = p.base_observed_at
         AND f.horizon = p.horizon AND f.peer_id = p.peer_id
       WHERE f.tenant = $1 AND f.position = $2 AND f.revision = 0 AND p.superseded_at IS NULL`,
      [tenant, id],
    );
    return found;
  }

  async list(tenant: string, filter: Filter, page: PageRequest): Promise<Page<PredictionDocument>> {
    const { from, values } = listSql(tenant, filter, page);
    const found = await this.#read(tenant, from, values);
    return pageOf(found, page, (prediction) => prediction);
  }

  async #read(
    tenant: string,
    from: string,
    values: readonly unknown[],
  ): Promise<readonly PredictionDocument[]> {
    const { rows } = await this.#reads
      .of(tenant)
      .query<{ p: PredictionRow }>(`SELECT ${PREDICTION_COLUMNS} AS p FROM ${from}`, [...values]);
    const streams = await this.#catalog.byServerIds(
      tenant,
      rows.map((row) => row.p.base.streamId),
    );
    return rows.map((row) => toPrediction(row.p, streams));
  }
}

function toReport({ added, duplicates, ids, errors }: Submission): SubmitReport {
  return {
    successful: added.length,
    duplicates,
    failed: ids.length - added.length - duplicates,
    predictions: ids,
    errors,
  };
}
