import { createServer } from 'node:http';
import pg from 'pg';
import { expect, it } from 'vitest';
import { FeedFailure, inPublic, type Loss } from '../../gateway/remote/loss.ts';
import { answerReady } from '../../server/graphql/health.ts';
import { gatewayHealth, readinessOf } from './readiness.ts';

/** What only the log may have. */
const SECRET = /10\.1\.2\.3|5432|db\.internal|"?app_user|"?forecasts|hunter2/;

function databaseError(code: string, message: string): Error {
  return Object.assign(new pg.DatabaseError(message, message.length, 'error'), { code });
}

async function answer(readiness: ReturnType<typeof readinessOf>): Promise<{ status: number; body: string }> {
  const server = createServer((_, response) => void answerReady(response, readiness));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
  const response = await fetch(url);
  const body = await response.text();
  server.close();
  return { status: response.status, body };
}

it.each([
  [
    Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:5432'), { code: 'ECONNREFUSED' }),
    /check that it runs and can be reached/,
  ],
  [
    Object.assign(new Error('getaddrinfo ENOTFOUND db.internal'), { code: 'ENOTFOUND' }),
    /check that it runs and can be reached/,
  ],
  [databaseError('28P01', 'password authentication failed for user "app_user"'), /the log says why/],
  [databaseError('3D000', 'database "forecasts" does not exist'), /the log says why/],
  [databaseError('57P03', 'the database system is starting up'), /is stopping or starting/],
  [databaseError('53300', 'too many connections for role "app_user"'), /no connection to spare/],
  [new Error('Connection terminated unexpectedly'), /check that it runs and can be reached/],
])('says in public what is wrong, and logs %s', async (error, expected) => {
  const logged: object[] = [];
  const readiness = readinessOf(
    { query: () => Promise.reject(error) },
    { warn: (fields: object) => void logged.push(fields) },
  );
  const { status, body } = await answer(readiness);
  expect(status).toBe(503);
  expect(body).toMatch(expected);
  expect(body).not.toMatch(SECRET);
  await readiness();
  expect(logged).toEqual([{ err: error }]);
});

it('says of no failure more than that there is one', async () => {
  const { status, body } = await answer(() => Promise.reject(new Error('hunter2 at 10.1.2.3')));
  expect(status).toBe(503);
  expect(body).not.toMatch(SECRET);
});

it.each<[Loss, RegExp]>([
  ['no streamer works for this gateway', /database: no streamer works for this gateway$/],
  [new FeedFailure('no streamer takes this gateway on'), /no streamer takes this gateway on$/],
  [new Error('WRONGPASS invalid username-password pair of app_user'), /Redis does not answer as it should/],
  [new Error('MOVED 866 10.1.2.3:6379'), /Redis does not answer as it should/],
])(
  'says why subscriptions are fed by polling, and repeats nothing that a library said: %s',
  (loss, expected) => {
    const health = gatewayHealth({ pollingBecause: inPublic(loss) });
    expect(health?.reason).toMatch(expected);
    expect(health?.reason).not.toMatch(SECRET);
  },
);
