import { hash } from 'node:crypto';
import type { HttpCaller } from '../http-caller.ts';
import type { Turn } from '../turns.ts';
import type { Ground } from './ground.ts';
import { parallel, perSecond, publish } from './publish.ts';

const ROWS = 1_000;
const BATCHES = 150;
/** Of each server. */
const CALLERS = 4;

/** Batches of 1,000 observations of 50 streams, by callers of each of these servers. */
export async function publishBatches(ground: Ground, servers: readonly HttpCaller[]): Promise<Turn> {
  return inBatches(CALLERS * servers.length, async (nth) => {
    const from = ground.times(ROWS);
    const observations = Array.from({ length: ROWS }, (_, i) => ({
      streamName: `s${i % ground.streams.length}`,
      value: String(i * 1.5),
      observedAt: new Date(from + i).toISOString(),
    }));
    await publish(servers, nth, observations);
  });
}

/** The same rows into the same table, by the fewest moves: no parsing, no chain, no order between writers. */
export async function insertBatches(ground: Ground): Promise<Turn> {
  const { plain, streams } = ground;
  return inBatches(CALLERS, async () => {
    const first = ground.plainPositions(ROWS);
    const from = ground.times(ROWS);
    const rows = Array.from({ length: ROWS }, (_, i) => i);
    await plain.query({
      name: 'batch',
      text: `INSERT INTO observations (tenant, position, stream_id, observed_at, value, hash, provider, ts)
             SELECT 'default', p, s, t, v, h, 'bench', now()
               FROM unnest($1::bigint[], $2::int[], $3::timestamptz[], $4::numeric[], $5::bytea[]) AS r(p, s, t, v, h)`,
      values: [
        rows.map((i) => first + i),
        rows.map((i) => streams[i % streams.length]),
        rows.map((i) => new Date(from + i)),
        rows.map((i) => String(i * 1.5)),
        rows.map((i) => Buffer.from(hash('sha256', `${from + i}`, 'hex'), 'hex')),
      ],
    });
  });
}

/** So many callers, of whom each sends the next batch when its last is answered. */
function inBatches(callers: number, send: (nth: number) => Promise<void>): Promise<Turn> {
  let left = BATCHES;
  return perSecond(BATCHES * ROWS, () =>
    parallel(callers, async (nth) => {
      while (left > 0) {
        left -= 1;
        await send(nth);
      }
    }),
  );
}
