import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseCollectors } from '../config/collectors-file.ts';
import { type CollectorSource, PartialFailure, RetryLater, type Sample } from '../source.ts';

/** An API of the outside world, on this machine: it answers as `answer` does. */
let server: Server;
let url = '';
let answer: RequestListener = () => {};
const requests: IncomingMessage[] = [];
let directory = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/api`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'presage-sources-'));
});
afterEach(() => {
  requests.length = 0;
  rmSync(directory, { recursive: true });
});

function json(body: string): RequestListener {
  return (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(body);
}

const memories = new Map<string, string>();
afterEach(() => memories.clear());

function open(yaml: string, environment: Record<string, string> = {}): CollectorSource {
  const plan = parseCollectors(`sources:\n  - { ${yaml} }`, join(directory, 'collectors.yaml'), environment);
  const [opened] = plan.open({
    recall: (source, key) => memories.get(`${source} ${key}`),
    remember: (source, key, value) => void memories.set(`${source} ${key}`, value),
  });
  if (!opened) throw new Error('no source');
  return opened.source;
}

function sample(source: CollectorSource, ms = 5_000): Promise<readonly Sample[]> {
  return source.sample(AbortSignal.timeout(ms));
}

async function failure(source: CollectorSource, ms?: number): Promise<unknown> {
  return sample(source, ms).then(
    () => 'nothing failed',
    (error: unknown) => error,
  );
}

const nowSeconds = () => Math.floor(Date.now() / 1_000);

describe('prices, in the shapes of their APIs', () => {
  it('coingecko', async () => {
    const at = nowSeconds();
    answer = json(
      `{"bitcoin":{"usd":67187.335803210987654321,"last_updated_at":${at}},"tezos":{"usd":1e-7,"last_updated_at":${at - 7_200}},"sui":{}}`,
    );
    const source = open(
      `type: coingecko, url: "${url}", key: "\${KEY}", coins: [btc, XTZ, SUI, { coin: PEPE, id: pepe }]`,
      {
        KEY: 'secret',
      },
    );
    const error = await failure(source);
    expect(error).toBeInstanceOf(PartialFailure);
    expect(error).toMatchObject({
      message: 'coingecko has no price of XTZ (tezos, stale), SUI (sui), PEPE (pepe).',
      samples: [
        {
          stream: 'coingecko_btc',
          value: '67187.335803210987654321',
          observedAt: at * 1_000,
          quoteOf: 'BTC',
        },
      ],
    });
    expect(requests[0]?.url).toBe(
      '/api/simple/price?ids=bitcoin,tezos,sui,pepe&vs_currencies=usd&include_last_updated_at=true&precision=full',
    );
    expect(requests[0]?.headers['x-cg-demo-api-key']).toBe('secret');
    expect(open(`type: coingecko, url: "${url}"`).streams).toHaveLength(25);
  });

  it('coinpaprika', async () => {
    const at = new Date().toISOString().slice(0, 19);
    answer = json(
      `[{"id":"btc-bitcoin","symbol":"BTC","last_updated":"${at}Z","quotes":{"USD":{"price":107077.69661924685,"volume_24h":1}}},
        {"id":"other","last_updated":"${at}Z","quotes":{"USD":{"price":1}}},{"id":"eth-ethereum","quotes":{}}]`,
    );
    const error = await failure(open(`type: coinpaprika, url: "${url}", coins: [BTC, ETH]`));
    expect(error).toMatchObject({
      samples: [{ stream: 'coinpaprika_btc', value: '107077.69661924685', observedAt: Date.parse(`${at}Z`) }],
    });
    expect(requests[0]?.url).toBe('/api/tickers?quotes=USD');
  });

  it('coincap, which needs a key', async () => {
    const timestamp = Date.now() - 500;
    answer = json(
      `{"data":[{"id":"bitcoin","symbol":"BTC","priceUsd":"6929.8217756835584756"},{"id":"xrp","priceUsd":null}],"timestamp":${timestamp}}`,
    );
    const source = open(`type: coincap, url: "${url}", key: k, coins: [BTC], name: cap`);
    expect(await sample(source)).toEqual([
      { stream: 'cap_btc', value: '6929.8217756835584756', observedAt: timestamp, quoteOf: 'BTC' },
    ]);
    expect(requests[0]).toMatchObject({
      url: '/api/assets?ids=bitcoin&limit=1',
      headers: { authorization: 'Bearer k' },
    });
    expect(() => open(`type: coincap, url: "${url}"`)).toThrow(/sources\[0\]\.key: is needed/);
  });

  it('kraken, whose pairs have names of their own', async () => {
    answer = (request, response) => {
      const body = request.url?.startsWith('/api/AssetPairs')
        ? `{"error":[],"result":{"XXBTZUSD":{"altname":"XBTUSD","wsname":"XBT/USD"},"XDGUSD":{"wsname":"XDG/USD"},"XXBTZEUR":{"wsname":"XBT/EUR"}}}`
        : `{"error":[],"result":{"XXBTZUSD":{"a":["1","1","1"],"c":["67000.10000","0.5"]},"XDGUSD":{"c":["0.123456700","9"]}}}`;
      json(body)(request, response);
    };
    const source = open(`type: kraken, url: "${url}", coins: [BTC, DOGE, ETH]`);
    const error = await failure(source);
    expect(error).toMatchObject({
      message: 'kraken has no price of ETH (ETH).',
      samples: [
        { stream: 'kraken_btc', value: '67000.10000' },
        { stream: 'kraken_doge', value: '0.123456700' },
      ],
    });
    await failure(source);
    expect(requests.map((request) => request.url)).toEqual([
      ...['/api/AssetPairs', '/api/Ticker?pair=XXBTZUSD,XDGUSD', '/api/Ticker?pair=XXBTZUSD,XDGUSD'],
    ]);
    answer = json('{"error":["EGeneral:Too many requests"]}');
    expect(await failure(source)).toBeInstanceOf(RetryLater);
    answer = json('{"error":["EQuery:Unknown asset pair"]}');
    expect(await failure(source)).toMatchObject({ message: 'Kraken says EQuery:Unknown asset pair' });
  });

  it('safetrade, every market of it', async () => {
    const at = nowSeconds();
    answer = json(
      `{"satoriusdt":{"at":"${at}","ticker":{"low":"0.1","last":"0.3300","volume":"5"}},"qtcusdt":{"at":"${at}","ticker":{"last":"0.0"}},
        "satoribtc":{"at":"${at}","ticker":{"last":"0.000004"}},"xmrusdt":{"at":${at},"ticker":{"last":301.25}}}`,
    );
    expect(await sample(open(`type: safetrade, url: "${url}"`))).toMatchObject([
      {
        stream: 'safetrade_satori',
        value: '0.3300',
        observedAt: at * 1_000,
        described: { secondary: 'SATORI' },
      },
      { stream: 'safetrade_xmr', value: '301.25' },
    ]);
    expect(requests[0]?.url).toBe('/api/peatio/public/markets/tickers');
    const btc = await sample(open(`type: safetrade, url: "${url}", quote: btc, coins: [satori]`));
    expect(btc.map(({ stream }) => stream)).toEqual(['safetrade_satori']);
  });
});

it.each(['coingecko', 'coinpaprika', 'kraken', 'safetrade', 'coincap, key: k'])(
  'says of %s that it answers in another shape than it documents',
  async (type) => {
    answer = json('{"bitcoin":[1],"result":7,"data":{}}');
    expect(await failure(open(`type: ${type}, url: "${url}"`))).toMatchObject({
      message: expect.stringMatching(/^http:.* answered in a shape that is not known here: .*expected/i),
    });
  },
);

describe('http-json', () => {
  const source = (more: string, environment = {}) =>
    open(
      `type: http-json, name: weather, url: "${url}?k=\${TOKEN}", headers: { x-token: "\${TOKEN}" }, ${more}`,
      {
        TOKEN: 'abc',
        ...environment,
      },
    );

  it('finds values and times by their paths, with every digit', async () => {
    answer = json(
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
    expect(requests[0]).toMatchObject({ url: '/api?k=abc', headers: { 'x-token': 'abc' } });
  });

  it('gives what is there although something is not', async () => {
    answer = json('{"a":1,"b":{"c":2},"when":"yesterday"}');
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
    answer = answering;
    const error = await failure(source(STREAMS));
    expect(String(error instanceof Error ? error.message : error)).toMatch(message);
    expect(String(error)).not.toContain('abc');
  });

  it('waits as long as it may, and no longer', async () => {
    answer = () => {};
    expect(await failure(source(STREAMS), 50)).toMatchObject({
      message: expect.stringContaining('No answer from'),
    });
    answer = (_, response) => {
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
    answer = (_, response) => {
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
    ['429, in seconds', 429, '7', 7_000],
    ['429, at a date', 429, new Date(Date.now() + 90_000).toUTCString(), 90_000],
    ['429 without a word', 429, undefined, 60_000],
    ['429 for years', 429, '999999999', 3_600_000],
    ['503 with a time', 503, '3', 3_000],
  ])('takes %s as a wish to be left alone', async (_, status, after, ms) => {
    answer = (_request, response) =>
      void response.writeHead(status, after ? { 'retry-after': after } : {}).end();
    const error = await failure(source(STREAMS));
    expect(error).toBeInstanceOf(RetryLater);
    expect(error instanceof RetryLater && Math.abs(error.afterMs - ms)).toBeLessThan(2_000);
  });

  it('says that nobody is there', async () => {
    const dead = open(`type: http-json, url: "http://127.0.0.1:1/", ${STREAMS}`);
    expect(await failure(dead)).toMatchObject({
      message: expect.stringMatching(/^No answer from http:\/\/127\.0\.0\.1:1\/ \(/),
    });
  });
});

describe('csv', () => {
  const T = Date.UTC(2026, 0, 1);
  const rows = (...times: number[]) => times.map((time, index) => `${T + time},${index}.50\n`).join('');

  it('replays files side by side, in compressed time, and goes on where it was', async () => {
    writeFileSync(join(directory, 'a.csv'), `ts,value\n${rows(0, 60_000, 120_000)}`);
    writeFileSync(join(directory, 'b.csv'), rows(30_000, 90_000));
    const yaml = 'type: csv, folder: ".", speed: 60, prefix: x_';
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 });
    const names = (samples: readonly Sample[]) =>
      samples.map(({ stream, value, observedAt }) => `${stream} ${value} +${observedAt - 1_800_000_000_000}`);
    let source = open(yaml);
    expect(names(await sample(source))).toEqual(['x_a 0.5 +0']);
    vi.setSystemTime(1_800_000_000_600);
    expect(names(await sample(source))).toEqual(['x_b 0.5 +500']);
    source.close?.();
    // What was given last may not have been kept when it was killed: it comes again.
    source = open(yaml);
    vi.setSystemTime(1_800_000_001_500);
    expect(names(await sample(source))).toEqual(['x_a 1.5 +1000', 'x_b 0.5 +500', 'x_b 1.5 +1500']);
    vi.setSystemTime(1_800_000_009_000);
    expect(names(await sample(source))).toEqual(['x_a 2.5 +2000']);
    expect(await sample(source)).toEqual([]);
    source.close?.();
    vi.useRealTimers();
  });

  it('gives everything at once with its own times, and says what is no row', async () => {
    writeFileSync(join(directory, 'a.csv'), `${T},1\nno row\n${T + 5},2\n`);
    const source = open('type: csv, folder: ".", speed: max, times: original');
    expect(await failure(source)).toMatchObject({
      message: expect.stringMatching(/^a\.csv:2: /),
      samples: [
        { stream: 'a', value: '1', observedAt: T },
        { stream: 'a', value: '2', observedAt: T + 5 },
      ],
    });
    expect(() => open('type: csv, folder: ".", speed: max')).toThrow(/goes with times: original/);
  });
});

describe('command', () => {
  const node = (script: string, more = '') =>
    open(
      `type: command, name: thing, command: ["${process.execPath}", "-e", ${JSON.stringify(script)}]${more}`,
      {
        GREETING: 'hi',
      },
    );

  it('takes what a program prints', async () => {
    const source = node(
      "console.log('12.5000000000000000001'); console.log('other, -3 ,2026-01-31T12:00:00Z'); console.log('')",
    );
    expect(await sample(source)).toMatchObject([
      { stream: 'thing', value: '12.5000000000000000001' },
      { stream: 'other', value: '-3', observedAt: Date.UTC(2026, 0, 31, 12) },
    ]);
    expect(await sample(source)).toHaveLength(2);
  });

  it('says how a program failed, and keeps what it printed', async () => {
    const broken = node(
      "console.log(1); console.log('a,b,c,d'); console.error('no sensor'); process.exitCode = 3",
    );
    expect(await failure(broken)).toMatchObject({
      samples: [{ value: '1' }],
      message: expect.stringMatching(/ended with code 3: no sensor; "a,b,c,d" is not value/),
    });
    expect(await failure(node('setInterval(() => {}, 1000)'), 100)).toMatchObject({
      message: 'thing: it took too long and was stopped',
    });
    expect(await failure(open('type: command, command: [/no/such/program]'))).toMatchObject({
      message: expect.stringMatching(/can't be run/),
    });
    expect(
      await failure(node("process.stdout.write('1\\n'.repeat(20000)); setInterval(() => {}, 1000)")),
    ).toMatchObject({
      message: expect.stringMatching(/printed 10000 lines, which is too much/),
    });
  });

  it('follows one that runs on, and starts it again when it ends', async () => {
    const source = node(
      'let n = 0; setInterval(() => { console.log(++n); if (n === 3) process.exit() }, 5)',
      ', mode: follow',
    );
    const values: unknown[] = [];
    const complaints: unknown[] = [];
    await vi.waitFor(async () => {
      const error = await failure(source);
      if (error instanceof PartialFailure) {
        complaints.push(error.message);
        values.push(...error.samples.map(({ value }) => value));
      } else values.push(...(await sample(source)).map(({ value }) => value));
      expect(complaints.length).toBeGreaterThan(1);
    }, 5_000);
    source.close?.();
    expect(complaints[0]).toBe('thing: it ended; it is started again');
  });
});

describe('collectors.yaml', () => {
  const problemsOf = (yaml: string): string => {
    try {
      parseCollectors(yaml, 'collectors.yaml', {});
      return '';
    } catch (error) {
      return String(error);
    }
  };

  it('lists every problem with its line', () => {
    const problems = problemsOf(`combine: { maxDeviation: -1, evry: 5s }
sources:
  - type: kraken
    every: 1 minute
  - type: karken
  - { type: kraken, every: 5s, daily: "06:30" }
  - { type: http-json, url: "ftp://x", headers: { a: "\${NOT_SET}" }, streams: [{ name: a, value: "a..b" }] }
  - { type: safetrade, unknown: 1, jitter: 2m }
  - { type: host, daily: "24:00" }
  - { type: command, name: "a b", command: [] }
`);
    for (const expected of [
      'collectors.yaml:1: combine.maxDeviation',
      'collectors.yaml:1: combine: Unrecognized key: "evry"',
      'collectors.yaml:4: sources[0].every: "1 minute" is no duration',
      'collectors.yaml:5: sources[1].type: "karken" is no type; there are host,',
      'collectors.yaml:6: sources[2]: give every or daily, not both',
      'collectors.yaml:7: sources[3].headers.a: the environment variable NOT_SET is not set',
      'collectors.yaml:7: sources[3].url: must be a URL',
      'collectors.yaml:7: sources[3].streams[0].value: "a..b" is no path',
      'collectors.yaml:8: sources[4]: Unrecognized key: "unknown"',
      'collectors.yaml:8: sources[4]: jitter must be less than every',
      'collectors.yaml:9: sources[5].daily: must be a time of the day',
      'collectors.yaml:10: sources[6].name: must be of letters',
    ]) {
      expect(problems).toContain(expected);
    }
  });

  it('wants names that tell sources apart', () => {
    const twice = 'sources: [{ type: kraken }, { type: kraken, coins: [ETH] }]';
    expect(problemsOf(twice)).toContain('there is another source named kraken');
    expect(problemsOf('sources: [{ type: kraken }, { type: kraken, name: k2 }]')).toBe('');
    expect(problemsOf('')).toContain("can't be started");
    expect(problemsOf('sources: [')).toContain('not YAML');
  });
});
