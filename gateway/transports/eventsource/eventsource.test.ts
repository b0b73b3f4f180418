import { EventSource } from 'eventsource';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningGateway, runGateway } from '../../testing/running-gateway.ts';

describe('EventSource', () => {
  let running: RunningGateway;
  let url: string;
  const open: (() => void)[] = [];

  beforeEach(async () => {
    running = await runGateway({ pingIntervalMs: 30, reconnectJitterMs: 10 });
    url = running.url.replace('ws:', 'http:').replace('/graphql', '/realtime/sse');
  });
  afterEach(async () => {
    for (const stop of open.splice(0)) stop();
    await running.stop();
  });

  /** The stream's text so far, until it has what is waited for. */
  async function read(query: string, has: string, headers: Record<string, string> = {}): Promise<string> {
    const abort = new AbortController();
    open.push(() => abort.abort());
    const response = await fetch(`${url}?${query}`, { headers, signal: abort.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    let text = '';
    for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += part;
      if (text.includes(has)) break;
    }
    return text;
  }
  const publish = (at: number, value: string) => {
    const { log, broker } = running;
    const stream = log.stream(1, { name: 'temperature' });
    broker.publish('main', [log.put(stream, at, value)]);
  };
  const cursor = (position: number) => Buffer.from(`${position}@main`).toString('base64url');

  it('sends frames as the standard has them: retry, id, event, data, and comments as heartbeats', async () => {
    publish(1, '1');
    const text = await read(`topic=observation&after=${cursor(0)}&ready=true`, '\n:\n');
    const ready = `id: ${cursor(0)}\nevent: ready\ndata: {"type":"READY","cursor":"${cursor(0)}",`;
    const create = `id: ${cursor(1)}\nevent: create\ndata: {"type":"CREATE","cursor":"${cursor(1)}",`;
    expect(text).toMatch(/^retry: \d+\n\n/);
    expect(text).toContain(ready);
    expect(text).toContain(create);
    expect(text).toContain('"stream":{"uuid"');
    expect(text).toMatch(/\n\n:\n\n/);
  });

  it('sets the cursor even where READY is not wanted, so that a client resumes before its first event', async () => {
    publish(1, '1');
    const text = await read('topic=observation&ready=false', ':\n\n');
    expect(text).toContain(`\n\nid: ${cursor(1)}\n\n`);
    expect(text).not.toContain('event:');
  });

  it('follows streams by name and uuid, joined by or, with filters joined by and', async () => {
    const { log, broker } = running;
    const [one, two, three] = [log.stream(1), log.stream(2), log.stream(3)];
    for (const stream of [one, two, three]) {
      for (const value of ['1', '2', '3']) broker.publish('main', [log.put(stream, Number(value), value)]);
    }
    const query = new URLSearchParams([
      ['stream', one.name],
      ['stream', two.uuid.toUpperCase()],
      ['filter', 'value>=2'],
      ['filter', 'value in 1,2'],
      ['after', cursor(0)],
    ]);
    const text = await read(query.toString(), ':\n\n');
    const positions = [...text.matchAll(/id: (\S+)\nevent: create/g)].map(([, id]) => id);
    expect(positions).toEqual([cursor(2), cursor(5)]);
  });

  it('lets Last-Event-ID win over after', async () => {
    for (const value of ['1', '2', '3']) publish(Number(value), value);
    const text = await read(`after=${cursor(0)}`, ':\n\n', { 'last-event-id': cursor(2) });
    expect([...text.matchAll(/id: (\S+)/g)].map(([, id]) => id)).toEqual([cursor(2), cursor(3)]);
  });

  it('is resumed by an EventSource that knows nothing of cursors, exactly', async () => {
    const source = new EventSource(`${url}?topic=observation`);
    open.push(() => source.close());
    const values: string[] = [];
    let opened = 0;
    source.onopen = () => {
      opened += 1;
    };
    source.addEventListener('create', ({ data }) => values.push(JSON.parse(data).observation.value));
    await expect.poll(() => running.gateway.stats().live).toBe(1);
    for (let round = 0; round < 3; round += 1) {
      publish(round * 2, String(round * 2));
      await expect.poll(() => values.length).toBe(round * 2 + 1);
      running.cutConnections();
      await expect.poll(() => running.gateway.stats().connections).toBe(0);
      publish(round * 2 + 1, String(round * 2 + 1));
      await expect.poll(() => values.length, { timeout: 5_000 }).toBe(round * 2 + 2);
    }
    expect(values).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(opened).toBe(4);
  });

  it.each([
    ['topic=weather', 400, 'BAD_INPUT'],
    ['topic=observation&topic=prediction', 400, 'BAD_INPUT'],
    ['topik=observation', 400, 'BAD_INPUT'],
    ['snapshot=perhaps', 400, 'BAD_INPUT'],
    ['topic=prediction&snapshot=true', 400, 'BAD_INPUT'],
    ['filter=value', 400, 'BAD_FILTER'],
    ['filter=size>=1', 400, 'BAD_FILTER'],
    ['topic=prediction&filter=value>1', 400, 'BAD_FILTER'],
    [Array.from({ length: 257 }, () => 'filter=value>1').join('&'), 400, 'BAD_FILTER'],
    [`filter=provider in ${'a,'.repeat(1_001)}`, 400, 'BAD_FILTER'],
    ['after=nonsense', 400, 'BAD_CURSOR'],
    ['access_token=x', 400, 'BAD_INPUT'],
    ['token=x', 400, 'BAD_INPUT'],
  ])('refuses ?%s by %i %s before the stream begins', async (query, status, code) => {
    const response = await fetch(`${url}?${query}`);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code } }] });
    expect(running.gateway.stats()).toMatchObject({ subscriptions: 0 });
    await expect.poll(() => running.gateway.stats().connections).toBe(0);
  });

  it.each([
    ['filter=value>=abc', 'value >= "abc": expected a decimal'],
    ['filter=stream.tags==host', 'stream.tags has no operator ==; use array-contains.'],
    [
      'filter=value array-contains 1',
      'value has no operator array-contains; use one of ==, !=, >, >=, <, <=, in.',
    ],
  ])('says what is wrong with ?%s in the words it was asked in', async (query, message) => {
    const { errors } = await (await fetch(`${url}?${query}`)).json();
    expect(errors[0].message).toContain(message);
  });

  it('answers bad tokens by 401, other methods by 405, and preflights', async () => {
    expect((await fetch(url, { headers: { authorization: 'Bearer bad' } })).status).toBe(401);
    const put = await fetch(url, { method: 'POST' });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, OPTIONS']);
    const preflight = await fetch(url, { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Last-Event-ID');
  });

  it('forgets a client that has left', async () => {
    const abort = new AbortController();
    await fetch(url, { signal: abort.signal });
    await expect.poll(() => running.gateway.stats().live).toBe(1);
    abort.abort();
    await expect
      .poll(() => running.gateway.stats())
      .toMatchObject({ connections: 0, subscriptions: 0, live: 0 });
  });

  it('tells when to come again before it ends a stream as the server stops', async () => {
    const response = await fetch(url);
    await expect.poll(() => running.gateway.stats().live).toBe(1);
    await running.gateway.drain();
    const text = await response.text();
    expect(Number(/\nretry: (\d+)\n\n$/.exec(text)?.[1])).toBeLessThanOrEqual(10);
    const late = await (await fetch(url)).text();
    expect(late).toMatch(/^retry: \d+\n\nevent: failure\ndata: .*"code":"UNAVAILABLE"}\n\n$/);
  });

  it('lets a client come again after what it can’t help, which a status would forbid it for good', async () => {
    running.log.beforeRead = async () => {
      throw new Error('the database is away');
    };
    const text = await read('topic=observation', 'failure');
    expect(text).toMatch(/event: failure\ndata: {"message":"Something went wrong/);
    expect(text).not.toContain('database');
  });
});
