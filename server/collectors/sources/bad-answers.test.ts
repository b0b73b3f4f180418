import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { RetryLater } from '../source.ts';
import { PUBLIC_APIS } from '../testing/public-apis.ts';
import { failure, json, SourceBench } from '../testing/source-bench.ts';

const bench = SourceBench.forTests();

const SOURCES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(PUBLIC_APIS).map(([type, { options }]) => [type, options])),
  'http-json': 'streams: [{ name: a, value: a }]',
};

/** More than any source reads, as long as somebody reads it. */
const huge: RequestListener = (_, response) => {
  const chunk = Buffer.alloc(1_048_576, ' ');
  let sent = 0;
  const pour = (): void => {
    while (!response.destroyed && sent < 64 && response.write(chunk)) sent += 1;
  };
  response.writeHead(200, { 'content-type': 'application/json' }).on('drain', pour);
  pour();
};
const dripping: RequestListener = (_, response) => {
  response.writeHead(200).write('{');
  const drip = setInterval(() => response.write(' '), 5);
  response.on('close', () => clearInterval(drip));
};
const status = (code: number, headers: Record<string, string> = {}): RequestListener => {
  return (_, response) => void response.writeHead(code, headers).end('{"error":"no"}');
};

describe.each(Object.entries(SOURCES))('%s', (type, options) => {
  const open = (url = bench.url) => bench.open(`type: ${type}, url: "${url}", ${options}`);

  it('waits no longer than it may for what is silent or slow', async () => {
    for (const answer of [() => undefined, dripping]) {
      bench.answer = answer;
      expect(await failure(open(), 60)).toMatchObject({
        message: expect.stringMatching(/^No answer from http:/),
      });
    }
  });

  it('leaves the API alone for as long as it asks, where it is asked too often', async () => {
    bench.answer = status(429, { 'retry-after': '7' });
    const limited = await failure(open());
    expect(limited).toBeInstanceOf(RetryLater);
    expect(limited).toMatchObject({ afterMs: 7_000 });
    bench.answer = status(503, { 'retry-after': '3' });
    expect(await failure(open())).toMatchObject({ afterMs: 3_000 });
  });

  it('reads no more of a huge answer than it may', async () => {
    bench.answer = huge;
    expect(await failure(open(), 20_000)).toMatchObject({
      message: expect.stringMatching(/answered with more than 16777216 bytes/),
    });
  });

  it('says that nobody is there, that it is broken, and that it is no JSON', async () => {
    expect(await failure(open('http://127.0.0.1:1/'))).toMatchObject({
      message: expect.stringMatching(/^No answer from http:\/\/127\.0\.0\.1:1\//),
    });
    bench.answer = (request) => void request.socket.destroy();
    expect(await failure(open())).toMatchObject({ message: expect.stringMatching(/^No answer from/) });
    for (const code of [401, 403, 500, 503]) {
      bench.answer = status(code);
      expect(await failure(open())).toMatchObject({ message: expect.stringContaining(`HTTP ${code}`) });
    }
    bench.answer = json('<html>Just a moment…</html>');
    expect(await failure(open())).toMatchObject({ message: expect.stringMatching(/that is no JSON/) });
  });

  it.skipIf(type === 'http-json')('says that it answers in another shape than it documents', async () => {
    bench.answer = json('{"bitcoin":[1],"result":7,"data":{}}');
    expect(await failure(open())).toMatchObject({
      message: expect.stringMatching(/^http:.* answered in a shape that is not known here: .*expected/i),
    });
  });
});
