import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { boundConnections } from './open-files.ts';

it('accepts as many as leave files for the rest, and says once that others are turned away', async () => {
  const said: string[] = [];
  const server = createServer((socket) => socket.write('welcome'));
  const logger = {
    warn: (fields: object, message?: string) => said.push(`${message} ${JSON.stringify(fields)}`),
  };
  boundConnections(server, logger, { poolSize: 13, openFiles: 80 });
  expect(said).toEqual([expect.stringMatching(/^few clients.*"connections":3/)]);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const sockets = Array.from({ length: 6 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  const heard = await Promise.all(
    sockets.map((socket) =>
      Promise.race([once(socket, 'data').then(() => 'welcome'), once(socket, 'close').then(() => 'closed')]),
    ),
  );
  expect(heard.filter((what) => what === 'welcome')).toHaveLength(3);
  expect(said.slice(1)).toEqual([expect.stringMatching(/turned away.*LimitNOFILE/)]);
  for (const socket of sockets) socket.destroy();
  server.close();
});

it('leaves a server that may open any number of files as it is', () => {
  const server = createServer();
  boundConnections(
    server,
    { warn: () => expect.fail('nothing is to be said') },
    { poolSize: 13, openFiles: Infinity },
  );
  expect(server.maxConnections).toBeUndefined();
});
