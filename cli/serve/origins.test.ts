import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type RunningGateway, runGateway } from '../../gateway/testing/running-gateway.ts';
import { Origins } from './origins.ts';

const APP = 'https://app.example';
const ELSEWHERE = 'https://elsewhere.example';

describe('origins', () => {
  const origins = new Origins([APP]);
  let http: Server;
  let base: string;
  let running: RunningGateway;

  beforeEach(async () => {
    http = createServer((request, response) => {
      if (!origins.refuse(request, response)) response.writeHead(204).end();
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    running = await runGateway({}, { admits: (request) => origins.check(request) });
  });
  afterEach(async () => {
    http.close();
    await running.stop();
  });

  const asked = async (headers: Record<string, string>, method = 'GET') => {
    const response = await fetch(base, { method, headers });
    return { status: response.status, text: await response.text() };
  };

  it.each([APP, undefined, 'its own'])('lets %s ask', async (origin) => {
    const given = origin === 'its own' ? base : origin;
    expect((await asked(given === undefined ? {} : { origin: given })).status).toBe(204);
  });

  it.each([ELSEWHERE, `${APP}.evil.example`, 'http://app.example', 'null', 'nonsense'])(
    'refuses pages of %s, and the question whether they may ask',
    async (origin) => {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const { status, text } = await asked({ origin }, method);
        expect([status, text]).toEqual([403, expect.stringMatching(/may not use this server.*FORBIDDEN/)]);
      }
    },
  );

  it('lets everybody ask where every origin is named', () => {
    const request = { headers: { origin: ELSEWHERE, host: 'x' } };
    expect(() => new Origins(['*']).check(Object.assign(Object.create(null), request))).not.toThrow();
  });

  it('refuses their WebSockets, which browsers let any page open', async () => {
    const opened = (origin: string) =>
      new Promise<number>((resolve) => {
        const socket = new WebSocket(running.url, ['graphql-transport-ws'], { origin });
        socket.on('error', () => undefined);
        socket.once('open', () => {
          socket.terminate();
          resolve(101);
        });
        socket.once('unexpected-response', (_request, { statusCode = 0 }) => resolve(statusCode));
      });
    expect([await opened(APP), await opened(ELSEWHERE)]).toEqual([101, 403]);
  });
});
