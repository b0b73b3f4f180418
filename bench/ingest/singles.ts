import type { HttpCaller } from '../http-caller.ts';
import type { Turn } from '../turns.ts';
import type { Ground } from './ground.ts';
import { parallel, perSecond, publish } from './publish.ts';

const CALLERS = 64;
const CALLS_EACH = 160;

/** One observation a call, by callers who are shared out to these servers. */
export function publishSingles({ streams }: Ground, servers: readonly HttpCaller[]): Promise<Turn> {
  return inCalls(async (nth) => {
    await publish(servers, nth, [{ streamName: `s${nth % streams.length}`, value: 1 }]);
  });
}

/** One transaction a call, by a server that does nothing else. */
export function insertSingles(ground: Ground): Promise<Turn> {
  const { plain, streams } = ground;
  return inCalls(async () => {
    const client = await plain.connect();
    await client.query('BEGIN');
    await client.query("SELECT position FROM log_heads WHERE tenant = 'default' FOR UPDATE");
    await client.query('SELECT hash FROM stream_heads WHERE stream_id = $1', [streams[0]]);
    await client.query(
      `INSERT INTO observations (tenant, position, stream_id, observed_at, value, hash, provider, ts)
       VALUES ('default', $1, $2, $3, 1, $4, 'bench', now())`,
      [ground.plainPositions(1), streams[0], new Date(ground.times(1)), Buffer.alloc(32)],
    );
    await client.query('COMMIT');
    client.release();
  });
}

/** Each caller calls again when it is answered. */
function inCalls(call: (nth: number) => Promise<void>): Promise<Turn> {
  return perSecond(CALLERS * CALLS_EACH, () =>
    parallel(CALLERS, async (nth) => {
      for (let n = 0; n < CALLS_EACH; n += 1) await call(nth);
    }),
  );
}
