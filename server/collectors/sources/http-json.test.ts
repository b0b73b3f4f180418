import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { RetryLater } from '../source.ts';
import { failure, json, SourceBench, sample } from '../testing/source-bench.ts';

const bench = SourceBench.forTests();

describe('http-json', () => {
  const source = (more: string, environment = {}) =>
    bench.open(
      `type: http-json, name: weather, url: "${bench.url}?k=\${TOKEN}", headers: { x-token: "\${TOKEN}" }, ${more}`,
      {
        TOKEN: 'abc',
        ...environment,
      },
    );

  it('finds values and times by their paths, with every digit', async () => {
    bench.answer = json(
      '{"data":[{"t":12.30000000000000000001,"at":"2026-01-31T12:00:00+02:00"},{"t":"-4"}],"a.b":{"n":5},"unix":1769860800}',
    );
    const found = await sample(
      source(
        'streams: [{ name: t, value: "data[0].t", time: "data[0].at" }, { name: u, value: data.1.t, time: unix }, { name: p, value: /a.b/n }]',
      ),
    );
    expect(found).toMatchObject([
      { stream: 't', value: '12.30000000000000000001', observedAt: Date.UTC(2026, 0, 31, 10) },
      { stream: 'u', value: '-4', observedAt: 1_769_860_800_000 },
      { stream: 'p', value: '5' },
    ]);
    expect(bench.requests[0]).toMatchObject({ url: '/api?k=abc', headers: { 'x-token': 'abc' } });
  });

  it('gives what is there although something is not', async () => {
    bench.answer = json('{"a":1,"b":{"c":2},"when":"yesterday"}');
    const error = await failure(
      source(
        'streams: [{ name: a, value: a }, { name: b, value: b }, { name: c, value: b.c, time: when }, { name: d, value: constructor }]',
      ),
    );
    expect(error).toMatchObject({
      samples: [{ stream: 'a', value: '1' }],
      message:
        'weather: there is nothing at /b; there is nothing at /when that is a time; there is nothing at /constructor.',
    });
  });

  const STREAMS = 'streams: [{ name: a, value: a }]';

  it.each<[string, RequestListener, RegExp]>([
    ['an error', (_, response) => void response.writeHead(500).end('oops'), /\/api answered with HTTP 500$/],
    ['no JSON', json('<html>1</html>'), /that is no JSON: "<html>/],
    ['half of it', json('{"a": 1'), /that is no JSON/],
    ['nothing', json(''), /that is no JSON/],
    ['a hang-up', (request) => void request.socket.destroy(), /^No answer from .*\/api \(/],
    [
      'a hang-up in the middle',
      (request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"a"');
        setImmediate(() => request.socket.destroy());
      },
      /^No answer from/,
    ],
  ])('says what is wrong with %s, and no secrets', async (_, answering, message) => {
    bench.answer = answering;
    const error = await failure(source(STREAMS));
    expect(String(error instanceof Error ? error.message : error)).toMatch(message);
    expect(String(error)).not.toContain('abc');
  });

  it.each([
    'http://127.0.0.1:1/admin',
    'http://localhost:1/',
    'file:///etc/passwd',
    'data:application/json,{"a":1}',
    '//[',
  ])('does not follow a redirect to %s', async (location) => {
    bench.answer = (_, response) => void response.writeHead(302, { location }).end();
    const error = await failure(source(STREAMS));
    expect(String(error)).toMatch(/\/api redirects to .*, which is not followed; name that one/);
    expect(String(error)).not.toMatch(/passwd|admin|abc/);
  });

  it('follows redirects within a server, and not for ever', async () => {
    bench.answer = (request, response) => {
      if (request.url === '/new') json('{"a":5}')(request, response);
      else response.writeHead(308, { location: '/new' }).end();
    };
    expect(await sample(source(STREAMS))).toMatchObject([{ value: '5' }]);
    bench.answer = (_, response) => void response.writeHead(302, { location: '/again' }).end();
    expect(await failure(source(STREAMS))).toMatchObject({
      message: expect.stringMatching(/redirects more than 5 times/),
    });
  });

  it('waits as long as it may, and no longer', async () => {
    bench.answer = () => {};
    expect(await failure(source(STREAMS), 50)).toMatchObject({
      message: expect.stringContaining('No answer from'),
    });
    bench.answer = (_, response) => {
      response.writeHead(200).write('{');
      const drip = setInterval(() => response.write(' '), 5);
      response.on('close', () => clearInterval(drip));
    };
    expect(await failure(source(STREAMS), 50)).toMatchObject({
      message: expect.stringContaining('No answer from'),
    });
  });

  it('reads no more than it may', async () => {
    let sent = 0;
    bench.answer = (_, response) => {
      const chunk = 'x'.repeat(65_536);
      const pour = (): void => {
        while (!response.destroyed && sent < 500_000_000 && response.write(chunk)) sent += chunk.length;
      };
      response.writeHead(200).on('drain', pour);
      pour();
    };
    const error = await failure(source(`maxBytes: 100000, ${STREAMS}`));
    expect(error).toMatchObject({ message: expect.stringMatching(/more than 100000 bytes/) });
    expect(sent).toBeLessThan(50_000_000);
  });

  it.each([
    ['429, in seconds', 429, () => '7', 7_000],
    ['429, at a date', 429, () => new Date(Date.now() + 90_000).toUTCString(), 90_000],
    ['429 without a word', 429, () => undefined, 60_000],
    ['429 for years', 429, () => '999999999', 3_600_000],
    ['503 with a time', 503, () => '3', 3_000],
  ])('takes %s as a wish to be left alone', async (_, status, afterNow, ms) => {
    const after = afterNow();
    bench.answer = (_request, response) =>
      void response.writeHead(status, after ? { 'retry-after': after } : {}).end();
    const error = await failure(source(STREAMS));
    expect(error).toBeInstanceOf(RetryLater);
    expect(error instanceof RetryLater && Math.abs(error.afterMs - ms)).toBeLessThan(2_000);
  });

  it('says that nobody is there', async () => {
    const dead = bench.open(`type: http-json, url: "http://127.0.0.1:1/", ${STREAMS}`);
    expect(await failure(dead)).toMatchObject({
      message: expect.stringMatching(/^No answer from http:\/\/127\.0\.0\.1:1\/ \(/),
    });
  });
});
