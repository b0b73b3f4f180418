import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { runCli } from '../cli/testing/run-cli.ts';
import { freePort, Presage } from './support/presage.ts';

let api: Server;
let server: Presage;
let directory = '';
let url = '';
let asked = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'presage-collect-'));
  api = createServer((request, response) => {
    asked += 1;
    const price = request.url?.startsWith('/high')
      ? '64000.250000000000000000001'
      : '64000.750000000000000000001';
    response.writeHead(200).end(`{"data":{"price":${price}}}`);
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');
  const address = api.address();
  const local = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  writeFileSync(
    join(directory, 'collectors.yaml'),
    `sources:
  - { type: http-json, name: low, url: "${local}/low?key=\${KEY}", every: 200ms, streams: [{ name: price_low, value: data.price }] }
  - { type: http-json, name: dead, url: "http://127.0.0.1:1/", every: 200ms, streams: [{ name: price_dead, value: x }] }
  - { type: command, name: thing, every: 500ms, command: ["${process.execPath}", "-e", "console.log('found_out,7.25')"] }
`,
  );
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const file = ['--collectors', join(directory, 'collectors.yaml')];
  const place = ['--port', String(port), '--data-dir', join(directory, 'data'), '--collect', 'none'];
  server = new Presage(['serve', ...place, ...file], {
    ...{ KEY: 'secret', PRESAGE_HEARTBEAT_MS: '200', PRESAGE_HEARTBEAT_TIMEOUT_MS: '3000' },
  });
  await server.start('Presage is ready');
});
afterAll(async () => {
  await server.stop();
  api.close();
  rmSync(directory, { recursive: true });
});

function presage(...args: string[]) {
  return runCli(args, { cwd: directory, env: { KEY: 'secret' } });
}

async function latest(): Promise<Record<string, string | undefined>> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ streams { edges { node { name latest { value provider } } } } }' }),
  });
  const { data } = await response.json();
  return Object.fromEntries(
    data.streams.edges.map(({ node }: { node: { name: string; latest: { value: string } | null } }) => [
      node.name,
      node.latest?.value,
    ]),
  );
}

it('collects inside a server what collectors.yaml names, with every digit, although a source is dead', async () => {
  await vi.waitFor(
    async () =>
      expect(await latest()).toMatchObject({ price_low: '64000.750000000000000000001', found_out: '7.25' }),
    { timeout: 20_000, interval: 100 },
  );
  expect(server.output).not.toContain('secret');
  expect(server.output.match(/A collector failed/g)?.length).toBe(1);
});

it('prints what would be published, and publishes nothing', async () => {
  const before = asked;
  const { stdout, stderr, exitCode } = await presage('collect', '--dry-run', '--json');
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows).toMatchObject(
    expect.arrayContaining([
      expect.objectContaining({ stream: 'price_low', value: '64000.750000000000000000001', provider: 'low' }),
      expect.objectContaining({ stream: 'found_out', value: '7.25', provider: 'thing' }),
    ]),
  );
  expect(stderr).toMatch(/^presage: dead: No answer from http:\/\/127\.0\.0\.1:1\//m);
  expect(exitCode).toBe(1);
  expect(asked).toBeGreaterThan(before);
  const missing = await runCli(['collect', '--dry-run'], { cwd: directory });
  expect(missing).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('variable KEY is not set') });
}, 60_000);

it('prints what the instance keeps, and fills nothing that is there', async () => {
  const where = ['--server', url, '--data-dir', join(directory, 'data')];
  const buffer = await presage('lineage', 'buffer', 'price_low', '--last', '1h', ...where);
  expect(buffer.stdout.split('\n')[0]).toMatch(
    /^\d{4}-.*Z,64000\.750000000000000000001,low,[\w.-]+,published$/,
  );
  expect(buffer).toMatchObject({ exitCode: 0, stderr: '' });
  const filled = await presage(
    'lineage',
    'backfill',
    'price_low',
    '--last',
    '1h',
    '--dry-run',
    '--json',
    ...where,
  );
  expect(JSON.parse(filled.stdout)).toMatchObject({ filled: 0, different: 0, failed: 0 });
  const nobody = await presage('lineage', 'buffer', 'price_low', '--last', '1h', '--instance', 'x', ...where);
  expect(nobody).toMatchObject({ exitCode: 0, stdout: '' });
  expect(nobody.stderr).toMatch(/^presage: No instance "x" collected price_low in that time; /);
  const guess = await presage('lineage', 'buffer', 'price_low', '--last', '1 hour', ...where);
  expect(guess).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('"1 hour" is no duration') });
}, 60_000);

it('refuses what is asked wrongly, and says what to do', async () => {
  const [from, to] = ['2026-01-02T00:00:00Z', '2026-01-01T00:00:00Z'];
  const asked: [string[], RegExp][] = [
    [['buffer', 'price_low', '--from', from, '--to', to], /ends before it begins/],
    [['timeline', 'price_low', '--last', '1h', '--from', to], /--last, or --from and --to, not both/],
    [['gaps', '--kind', 'holes'], /Allowed choices are coverage, data/],
    [['gaps', '--min', '5'], /"5" is no duration/],
  ];
  const where = ['--server', url, '--data-dir', join(directory, 'data')];
  const answers = await Promise.all(asked.map(([args]) => presage('lineage', ...args, ...where)));
  for (const [index, [args, message]] of asked.entries()) {
    expect(answers[index]?.stderr, args.join(' ')).toMatch(message);
    expect(answers[index]).toMatchObject({ exitCode: 2, stdout: '' });
  }
}, 60_000);

it('records what collects on its own over the API, and that it was killed', async () => {
  const own = join(directory, 'alone.yaml');
  const prints = `["${process.execPath}", "-e", "console.log('1.5')"]`;
  writeFileSync(
    own,
    `sources: [{ type: command, name: alone, every: 300ms, command: ${prints}, streams: [{ name: alone }] }]\n`,
  );
  const place = ['--data-dir', join(directory, 'elsewhere'), '--server', url];
  const collector = new Presage(['collect', '--collectors', own, ...place, '--instance', 'lone'], {
    PRESAGE_HEARTBEAT_MS: '200',
  });
  const timeline = async () => {
    const { stdout } = await presage('lineage', 'timeline', 'alone', '--last', '1h', '--json', ...place);
    return stdout === '' ? [] : JSON.parse(stdout).sessions;
  };
  await collector.start('Collecting');
  try {
    await vi.waitFor(
      async () => {
        const [session] = await timeline();
        expect(session).toMatchObject({ instance: { name: 'lone' }, status: 'ACTIVE', open: true });
        expect(session.messages).toBeGreaterThan(1);
      },
      { timeout: 30_000, interval: 100 },
    );
  } finally {
    await collector.stop('SIGKILL');
  }
  const killedAt = Date.now();
  await vi.waitFor(async () => expect((await timeline())[0]).toMatchObject({ status: 'FAILED' }), {
    timeout: 30_000,
    interval: 100,
  });
  const sessions = await timeline();
  expect(sessions).toHaveLength(1);
  const endedAt = Date.parse(sessions[0].endedAt);
  expect(endedAt).toBeLessThanOrEqual(killedAt);
  expect(endedAt).toBeGreaterThan(killedAt - 2_500);
  const at = new Date(endedAt - 1).toISOString();
  const who = await presage('lineage', 'who', 'alone', '--at', at, ...place);
  expect(who.stdout).toMatch(/lone/);
  const since = await presage('lineage', 'who', 'alone', '--at', new Date(killedAt).toISOString(), ...place);
  expect(since.stdout).not.toMatch(/lone/);
}, 90_000);
