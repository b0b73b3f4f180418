import type { Actor } from '../actor.ts';
import type { Append, Appended, LogWriter } from '../log/log-writer.ts';
import { TurnBatches } from '../log/turn-batches.ts';
import { Refusal } from '../observation/judge.ts';
import { insertPredictions } from './insert-predictions.ts';
import type { JudgedPrediction } from './judge.ts';
import { readBases } from './read-bases.ts';
import { readPresent } from './read-present.ts';
import { Submission } from './submission.ts';

/** Predictions of one transaction, at most, unless one call alone has more. */
const MAX_ROWS = 4_000;

interface Call {
  readonly actor: Actor;
  readonly items: readonly (JudgedPrediction | Refusal)[];
  resolve(submission: Submission): void;
  reject(error: unknown): void;
}

/** Takes predictions into the log, those of many peers in one transaction, each call judged as if it came alone. */
export class Intake {
  readonly #writer: LogWriter;
  readonly #batches: TurnBatches<Call>;

  constructor(writer: LogWriter) {
    this.#writer = writer;
    this.#batches = new TurnBatches({
      turns: (tenant) => writer.tenantLog(tenant).turns,
      maxItems: MAX_ROWS,
      work: (tenant, calls) => this.#take(tenant, calls),
    });
  }

  submit(actor: Actor, items: Call['items']): Promise<Submission> {
    return new Promise((resolve, reject) => {
      this.#batches.add(actor.tenant, { actor, items, resolve, reject });
    });
  }

  async #take(tenant: string, calls: readonly Call[]): Promise<void> {
    const log = this.#writer.tenantLog(tenant);
    const submissions = await this.#writer.appendInTurn(tenant, log, (append) =>
      judge(append, tenant, calls),
    );
    for (const [index, call] of calls.entries()) {
      const submission = submissions[index];
      if (submission) call.resolve(submission);
    }
  }
}

/** One call after another, each after what those before it added. */
async function judge(
  { client, log, head, ts }: Append,
  tenant: string,
  calls: readonly Call[],
): Promise<Appended<readonly Submission[]>> {
  const good = calls.flatMap(({ actor, items }) =>
    items.flatMap((item) => (item instanceof Refusal ? [] : [{ peer: actor.peer, item }])),
  );
  const bases = await readBases(
    client,
    good.map(({ item }) => item),
  );
  const present = await readPresent(client, tenant, good, bases);
  let added = 0;
  const submissions = calls.map(({ actor: { peer }, items }) => {
    const mine = present.get(peer.id) ?? new Map();
    // Another call of the same peer may be in the batch: it finds what this one adds.
    present.set(peer.id, mine);
    const submission = new Submission({
      ...{ total: items.length, peer, head: head + added, ts, bases, present: mine },
      archived: log.archived,
    });
    for (const [index, item] of items.entries()) {
      if (item instanceof Refusal) submission.refuse(index, item);
      else submission.add(index, item);
    }
    added += submission.added.length;
    return submission;
  });
  await insertPredictions(
    client,
    tenant,
    submissions.flatMap((submission) => submission.added),
  );
  return { entries: submissions.flatMap((submission) => submission.entries(tenant)), result: submissions };
}
