import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runGateway } from '../../gateway/testing/running-gateway.ts';
import { Metrics } from '../metrics/metrics.ts';
import { runCli, startCli } from '../testing/run-cli.ts';

let server: Server;
let cwd: string;
let url: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'presage-top-'));
  const metrics = new Metrics();
  const running = await runGateway({}, { meters: metrics.meters });
  metrics.watchGateway(running.gateway);
  const endpoint = metrics.endpoint({ read: 'none', token: 'sesame' }, () => undefined);
  server = createServer((request, response) => void endpoint(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  ({ stop } = running);
});
afterAll(async () => {
  server.close().closeAllConnections();
  await stop();
  await rm(cwd, { recursive: true, force: true });
});

const env = { PRESAGE_METRICS_TOKEN: 'sesame' };

it('shows one reading, for people and for programs', async () => {
  const people = await runCli(['gateway', 'top', '--server', url, '--once'], { cwd, env });
  expect(people).toMatchObject({ exitCode: 0, stderr: '' });
  expect(people.stdout).toMatch(/^gateway +http.*\nconnections +0/);
  const programs = await runCli(['gateway', 'top', '--server', url, '--once', '--json'], { cwd, env });
  expect(JSON.parse(programs.stdout)).toMatchObject({ cohorts: 0, redisUp: null });
});

it('goes on until it is interrupted', async () => {
  const program = startCli(['gateway', 'top', '--server', url, '--json', '--interval-ms', '100'], {
    cwd,
    env,
  });
  await expect.poll(() => program.output.stdout.split('\n').length, { timeout: 10_000 }).toBeGreaterThan(3);
  program.child.kill('SIGINT');
  await program.exit;
  const last = program.output.stdout.trim().split('\n').at(-1) ?? '';
  expect(JSON.parse(last).perSecond.frames).toBe(0);
});

it('says what to do without the token, and where there is no server', async () => {
  const refused = await runCli(['gateway', 'top', '--server', url, '--once'], { cwd });
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain('PRESAGE_METRICS_TOKEN');
  const away = await runCli(['gateway', 'top', '--server', 'http://127.0.0.1:1', '--once'], { cwd });
  expect(away).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('is the server running there?'),
  });
});
