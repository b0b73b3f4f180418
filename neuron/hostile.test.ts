import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import type { Neuron } from './neuron.ts';
import { quickNeuron, rowsOf, temporaryDirectory, until } from './testing/test-neuron.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

const T0 = Date.UTC(2026, 0, 1);
let neuron: Neuron | undefined;
let hostile: Server | undefined;
let server: TestServer | undefined;

afterEach(async () => {
  await neuron?.stop();
  hostile?.closeAllConnections();
  hostile?.close();
  await server?.stop();
  neuron = hostile = server = undefined;
});

const json =
  (text: string): RequestListener =>
  (_, response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(text);

/** Answers no server gives; those of the wrong shape are to whatever is asked. */
const ANSWERS: Readonly<Record<string, RequestListener>> = {
  'an error': (_, response) => void response.writeHead(500).end('<html>'),
  'a hang-up': (request) => void request.socket.destroy(),
  silence: () => undefined,
  'gzip that is cut off': (_, response) => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    response.writeHead(200, headers).end(gzipSync('{"data":{}}').subarray(0, 12));
  },
  'gzip of more than it takes': (_, response) => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    response.writeHead(200, headers).end(gzipSync(Buffer.alloc(4_000_000, ' ')));
  },
  'an answer without end': (_, response) => {
    const chunk = Buffer.alloc(65_536, ' ');
    const pour = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.writeHead(200, { 'content-type': 'application/json' }).on('drain', pour);
    pour();
  },
  'levels without end': json('['.repeat(50_000)),
  'no JSON': json('{"data":'),
  ...Object.fromEntries(
    [
      'null',
      '[]',
      '5',
      '{}',
      '{"data":null}',
      '{"data":{}}',
      '{"data":{"requestChallenge":null}}',
      '{"data":{"requestChallenge":{"challenge":5}}}',
      '{"data":{"requestChallenge":{"challenge":"c"},"authenticate":null}}',
      '{"data":{"requestChallenge":{"challenge":"c"},"authenticate":{"accessToken":"a\\nb","refreshToken":{},"expiresIn":-1}}}',
      '{"data":{"requestChallenge":{"challenge":"c"},"authenticate":{"accessToken":"t","refreshToken":"r","expiresIn":0},"refreshSession":{"accessToken":null},"streams":{"edges":{}}}}',
      '{"data":{"requestChallenge":{"challenge":"c"},"authenticate":{"accessToken":"t","refreshToken":"r","expiresIn":900},"streams":{"edges":[{"node":{"uuid":5}}],"pageInfo":{"hasNextPage":true}}}}',
      '{"data":{"requestChallenge":{"challenge":"c"},"authenticate":{"accessToken":"t","refreshToken":"r","expiresIn":900},"streams":{"edges":[],"pageInfo":{"hasNextPage":true,"endCursor":"x"}},"observations":{"edges":[]}}}',
      '{"errors":[]}',
      '{"errors":"no"}',
      '{"errors":[{}]}',
      '{"errors":[{"message":{"a":1},"extensions":null}]}',
      '{"errors":[{"message":"\\u001b[2J","extensions":{"code":"__proto__"}}]}',
    ].map((text) => [text, json(text)]),
  ),
};

it('outlives whatever a server answers, says what is wrong, and goes on with one that is well', async () => {
  let answer: RequestListener = (_, response) => void response.writeHead(500).end();
  let asked = 0;
  let elsewhere = 0;
  hostile = createServer((request, response) => {
    if (request.url === '/elsewhere') elsewhere += 1;
    else {
      asked += 1;
      answer(request, response);
    }
  });
  await new Promise<void>((resolve) => hostile?.listen(0, '127.0.0.1', resolve));
  const { port } = hostile.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const dataDir = temporaryDirectory();
  neuron = quickNeuron(url, dataDir, { requestTimeoutMs: 150, maxAnswerBytes: 1_000_000 });
  const redirect: RequestListener = (_, response) =>
    void response.writeHead(307, { location: `${url}/elsewhere` }).end();
  for (const [name, answering] of Object.entries({ ...ANSWERS, 'a redirect': redirect })) {
    answer = answering;
    const before = asked;
    await until(() => asked > before + 2, `the neuron asks again after ${name}`);
    expect([name, neuron.status().phase]).toEqual([name, 'connecting']);
    expect([name, neuron.status().lastError]).toEqual([name, expect.stringMatching(/\w/)]);
  }
  await until(() => /redirects to .*elsewhere/.test(neuron?.status().lastError ?? ''), 'it says so');
  expect(elsewhere).toBe(0);
  hostile.closeAllConnections();
  await new Promise((resolve) => hostile?.close(resolve));
  server = await startTestServer(port);
  server.log.publish('a', T0, '1.5');
  await until(() => neuron?.status().answers.ACCEPTED === 1, 'a prediction is accepted');
});

it('keeps what it can of a log that is none, and follows what comes after', async () => {
  server = await startTestServer();
  let n = 0;
  const wrong: readonly object[] = [
    { value: 'NaN' },
    { value: '1e400' },
    { value: '' },
    { observedAt: 'yesterday' },
    { observedAt: '0000-01-01T00:00:00Z' },
    { observedAt: '1970-01-01T00:00:00.000Z' },
    { hash: '' },
    { hash: 'x'.repeat(100_000) },
    { provider: '\u001b[2J\0' },
  ];
  server.onWire = (event) => {
    const change = wrong[n];
    n += 1;
    return change ? { ...event, observation: { ...event.observation, ...change } } : event;
  };
  const dataDir = temporaryDirectory();
  neuron = quickNeuron(server.url, dataDir);
  await neuron.ready;
  for (let row = 0; row <= wrong.length + 3; row += 1) {
    server.log.publish('a', T0 + row * 1_000, `${row}`);
  }
  await until(
    () => rowsOf(dataDir, 'SELECT 1 FROM observations').length === wrong.length + 4,
    'what was right in the log is there',
  );
  await until(() => neuron?.status().phase === 'live', 'it is live');
});
