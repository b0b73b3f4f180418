import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestClient } from '../../gateway/testing/test-client.ts';
import { Publisher } from '../support/publisher.ts';
import { IS_SOAK } from './support/form.ts';
import { Servers } from './support/servers.ts';
import { Writer } from './support/writer.ts';

/** The shortest lifetime that a server can be given. */
const SECONDS = 30;
const QUERY = 'subscription { observations(ready: true) { type cursor } }';

let servers: Servers;
let url: string;
beforeAll(async () => {
  servers = await Servers.open();
  ({ url } = await servers.start({ PRESAGE_ACCESS_TOKEN_SECONDS: String(SECONDS) }));
}, 120_000);
afterAll(() => servers?.close());

async function connect(accessToken: string): Promise<TestClient> {
  const client = await new TestClient(`${url.replace('http', 'ws')}/graphql`).ready({ accessToken });
  client.subscribe('1', QUERY);
  await client.until(() => client.of('1').length > 0);
  return client;
}

/** Its end is the text of the whole stream. */
async function stream(path: string, token: string, body?: object): Promise<Promise<string>[]> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const accept = { accept: 'text/event-stream' };
  const init = body ? { method: 'POST', body: JSON.stringify(body) } : {};
  const response = await fetch(`${url}${path}`, { headers: { ...headers, ...accept }, ...init });
  expect(response.status).toBe(200);
  return [response.text()];
}

/** It takes as long as a token lives: the rules themselves are tested with tokens of a moment, too. */
it.runIf(IS_SOAK)(
  'closes connections when a real token expires, and keeps those that a ping has renewed',
  async () => {
    const [renewing, lapsing] = [new Publisher(url), new Publisher(url)];
    const token = await lapsing.signIn();
    const began = performance.now();
    const first = await renewing.signIn();
    const kept = await connect(first);
    const lost = await connect(token);
    const [sse] = await stream('/graphql/stream', token, { query: QUERY });
    const [source] = await stream('/realtime/sse?topic=observation&ready=true', token);
    await pause((SECONDS / 2) * 1_000);
    const second = await renewing.signIn();
    kept.send({ type: 'ping', payload: { accessToken: second } });
    await kept.until((messages) => messages.some(({ type }) => type === 'pong'));

    expect((await lost.closed).code).toBe(4470);
    const lived = (performance.now() - began) / 1_000;
    expect(lived).toBeGreaterThan(SECONDS - 2);
    expect(lived).toBeLessThan(SECONDS + 2);
    expect(await sse).toMatch(/event: next\ndata: .*"UNAUTHENTICATED".*\n\nevent: complete/);
    expect(await source).toMatch(/event: failure\ndata: .*"UNAUTHENTICATED"/);
    const late = await new TestClient(`${url.replace('http', 'ws')}/graphql`).opened();
    late.send({ type: 'connection_init', payload: { accessToken: token } });
    expect((await late.closed).code).toBe(4403);

    // Past the first token's time it is live, and misses nothing.
    await pause(began + (SECONDS + 3) * 1_000 - performance.now());
    const before = kept.of('1').length;
    const writer = await new Writer({ urls: [url], seed: 1 }).open();
    await writer.write(10);
    await kept.until(() => kept.of('1').length > before);
    expect((await kept.closed).code).toBe(4470);
    process.stdout.write(
      `closed after ${lived.toFixed(1)} s; renewed at half time, after ${((performance.now() - began) / 1_000).toFixed(1)} s\n`,
    );
  },
);
