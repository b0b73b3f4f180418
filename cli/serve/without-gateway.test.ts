import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { handshake, RawClient } from '../../gateway/testing/raw-client.ts';
import { refuseUpgrades } from './without-gateway.ts';

let http: Server;
let client: RawClient;
beforeEach(async () => {
  http = createServer((_request, response) => response.end('answered'));
  refuseUpgrades(http);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  client = new RawClient(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
});
afterEach(() => {
  client.socket.destroy();
  http.close();
});

it('says where there are WebSockets', async () => {
  await client.send(handshake('/graphql')).closed;
  expect(client.got).toMatch(
    /^HTTP\/1\.1 404 .*takes no subscriptions; connect to one with the role gateway/s,
  );
});

it('answers who asks for another protocol by the by', async () => {
  client.send(
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n',
  );
  await client.until('answered');
  expect(client.got).toMatch(/^HTTP\/1\.1 200 OK/);
});
