import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCollection } from '../../server/collectors/collection.ts';
import { domainSink } from '../../server/collectors/domain-sink.ts';
import type { Schedule } from '../../server/collectors/schedule.ts';
import type { CollectorSource } from '../../server/collectors/source.ts';
import { SpoolKeeper } from '../../server/collectors/spool/keeper.ts';
import { SpoolPublisher } from '../../server/collectors/spool/publisher.ts';
import { Spool } from '../../server/collectors/spool/spool.ts';
import type { Database } from '../../server/storage/database.ts';
import { makeActor, openTestDomain } from '../../tests/support/domain.ts';
import type { BenchModule, Figure } from './bench-module.ts';

const STREAMS = 50;
const BATCH = 1_000;
const TURNS = 3;
const COLLECTED = 50;
const OFTEN: Schedule = { kind: 'interval', everyMs: 200, jitterMs: 100 };
const quiet = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  debug: () => undefined,
};

/**
 * What the way through a spool costs: the same observations through it into the log, against publishing them right away,
 * and one sample at a time, as a collector has them, against one call each; and what others' publishing loses while this
 * process collects.
 */
export const collect: BenchModule = { name: 'collect', run: (database) => overheads(database) };

async function overheads(database: Database): Promise<readonly Figure[]> {
  const batches = process.argv.includes('--full') ? 200 : 40;
  const directory = await mkdtemp(join(tmpdir(), 'presage-bench-'));
  const domain = await openTestDomain(database);
  const actor = await makeActor(database, 'bench');
  const sink = domainSink(domain, actor);
  const names = Array.from({ length: STREAMS }, (_, index) => `s${index}`);
  for (const name of names) await sink.ensure({ name });
  const spool = new Spool({ directory: join(directory, 'spool'), maxBytes: 1e12, retentionMs: 1e12 });
  const keeper = new SpoolKeeper(spool, quiet);
  let clock = 1_600_000_000_000;

  const batch = (size: number) =>
    Array.from({ length: size }, (_, index) => {
      clock += 1;
      return {
        stream: names[index % STREAMS] ?? '',
        observedAt: clock,
        value: `${index}.5`,
        provider: 'bench',
      };
    });
  const direct = async (count: number, size: number) => {
    for (let done = 0; done < count; done++) {
      const items = batch(size).map(({ stream, observedAt, value, provider }) => ({
        ...{ streamName: stream, value, provider, observedAt: new Date(observedAt).toISOString() },
      }));
      const errors = await sink.publish(items);
      if (errors.length > 0) throw new Error(JSON.stringify(errors[0]));
    }
  };
  const spooled = async (count: number, size: number) => {
    const publisher = new SpoolPublisher(spool, sink, quiet);
    publisher.start();
    for (let done = 0; done < count; done++) {
      keeper.keep(batch(size), (name) => ({ name }));
      publisher.wake();
      // As between two samples: the process gets on with other things.
      await new Promise(setImmediate);
    }
    await publisher.stop();
    const { waiting, refused } = spool.counts();
    if (waiting + refused > 0) throw new Error(`${waiting} wait, ${refused} were refused`);
  };

  /** Publishing by others, while this process collects. */
  const beside = async (count: number, size: number) => {
    const sources = Array.from({ length: COLLECTED }, (_, index) => ({
      source: counting(`c${index}`),
      schedule: OFTEN,
    }));
    const collection = startCollection({ sources, spool, sink, log: quiet });
    await direct(count, size);
    await collection.stop();
  };

  try {
    return [
      ...(await compare('batches of 1,000 through a spool', batches, BATCH, spooled, direct)),
      ...(await compare('single samples through a spool', batches * 25, 1, spooled, direct)),
      ...(await compare(`batches beside ${COLLECTED} streams at 5 Hz`, batches, BATCH, beside, direct)),
    ];
  } finally {
    spool.close();
    await rm(directory, { recursive: true, force: true });
  }
}

function counting(name: string): CollectorSource {
  let value = 0;
  return {
    name,
    streams: [{ name }],
    sample: async () => [{ stream: name, value: ++value, observedAt: Date.now() }],
  };
}

type Way = (count: number, size: number) => Promise<void>;

async function compare(
  part: string,
  count: number,
  size: number,
  ours: Way,
  plain: Way,
): Promise<readonly Figure[]> {
  const rates: [number[], number[]] = [[], []];
  await ours(5, size);
  await plain(5, size);
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [index, way] of [ours, plain].entries()) {
      const began = performance.now();
      await way(count, size);
      rates[index]?.push((count * size * 1_000) / (performance.now() - began));
    }
  }
  const median = (values: readonly number[]) =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  const [through, plainly] = [median(rates[0]), median(rates[1])];
  return [
    { part, what: 'so', value: through, unit: 'observations/s' },
    { part, what: 'plainly', value: plainly, unit: 'observations/s, published right away and alone' },
    { part, what: 'ratio', value: through / plainly, unit: '' },
  ];
}
