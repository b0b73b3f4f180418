import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RunningProgram, runCli, startCli } from '../testing/run-cli.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let cwd = '';
let server: TestServer;
const running: RunningProgram[] = [];
beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'presage-commands-'));
  server = await startTestServer();
});
afterEach(async () => {
  for (const { child, exit } of running.splice(0)) {
    child.kill('SIGKILL');
    await exit;
  }
  await server.close();
  rmSync(cwd, { recursive: true });
});

function run(...args: string[]) {
  return runCli(args, { cwd, env: { PRESAGE_SERVER: server.url } });
}

function start(...args: string[]): RunningProgram {
  const program = startCli(args, { cwd, env: { PRESAGE_SERVER: server.url } });
  running.push(program);
  return program;
}

function file(name: string, text: string): string {
  writeFileSync(join(cwd, name), text);
  return name;
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

const values = () => server.log.map(({ value }) => value);

describe('presage token', () => {
  it('signs in with a key that it makes once, for nobody else’s eyes', async () => {
    expect(await run('token')).toEqual({ exitCode: 0, stdout: 'token-1\n', stderr: '' });
    const key = join(cwd, '.presage', 'publisher.key');
    expect(statSync(key).mode & 0o777).toBe(0o600);
    const before = readFileSync(key, 'utf8');
    const { stdout } = await run('token', '--json');
    expect(JSON.parse(stdout)).toEqual({ accessToken: 'token-2', refreshToken: 'refresh', expiresIn: 900 });
    expect(readFileSync(key, 'utf8')).toBe(before);
  });

  it('makes one key when two begin at once', async () => {
    await Promise.all([run('token', '--key', 'k'), run('token', '--key', 'k')]);
    expect(server.signIns()).toBe(2);
    expect(readFileSync(join(cwd, 'k'), 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  });
});

describe('presage streams', () => {
  it('creates streams and lists every page of them', async () => {
    const created = await run('streams', 'create', 'temperature', '--tag', 'home', '--tag', 'roof', '--json');
    expect(created.stderr).toBe('');
    expect(JSON.parse(created.stdout)).toMatchObject({ name: 'temperature', tags: ['home', 'roof'] });
    for (let index = 0; index < 250; index++)
      server.append(`s${index}`, String(index), '2026-01-01T00:00:00.000Z');
    const { stdout } = await run('streams', '--json');
    expect(linesOf(stdout).map((line) => JSON.parse(line).name)).toEqual([...server.streams.keys()]);
    const again = await run('streams', 'create', 'temperature');
    expect(again).toMatchObject({
      exitCode: 1,
      stderr: 'presage: There is a stream "temperature" already.\n',
    });
    expect((await run('streams')).stdout).toMatch(/^NAME +LATEST.*\ntemperature +- /);
  });

  it('says which of the streams that were asked for are not there', async () => {
    const none = await run('streams');
    expect(none).toEqual({ exitCode: 0, stdout: '', stderr: 'presage: there are no streams yet\n' });
    const missing =
      'presage: There is no stream "nope" that you may read; presage streams lists those that there are.\n';
    expect(await run('streams', 'nope', '--json')).toEqual({ exitCode: 1, stdout: '', stderr: missing });
    const unmet = { exitCode: 1, stdout: '', stderr: 'presage: No stream meets these conditions.\n' };
    expect(await run('streams', '--tag', 'nope')).toEqual(unmet);
    await run('streams', 'create', 'temperature');
    const partly = await run('streams', 'temperature', 'nope', '--json');
    expect(partly).toMatchObject({ exitCode: 1, stderr: missing });
    expect(JSON.parse(partly.stdout)).toMatchObject({ name: 'temperature' });
    expect(await run('forecast', 'nope')).toMatchObject({ exitCode: 1, stderr: missing });
    const odd = await run('forecast', '6ba7b810-9dad-11d1-80b4-00c04fd430c8');
    expect(odd).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

describe('presage publish', () => {
  it('publishes one value, negative ones too, once', async () => {
    expect(
      (await run('publish', 'a', '-3.250', '--create', '--at', '2026-01-31T12:00:00+01:00')).stdout,
    ).toBe('Published.\n');
    expect(server.log).toMatchObject([{ value: '-3.25', observedAt: '2026-01-31T11:00:00.000Z' }]);
    const again = await run('publish', 'a', '-3.25', '--at', '1769857200');
    expect(again).toMatchObject({ exitCode: 0, stdout: 'It was there already.\n' });
    const missing = await run('publish', 'b', '1');
    expect(missing).toMatchObject({
      exitCode: 1,
      stderr: 'presage: UNKNOWN_STREAM: There is no such stream.\n',
    });
  });

  it('reports bad rows with their lines, publishes the rest, and resumes', async () => {
    const csv = file('f.csv', 'ts,value\n1,10\nsoon,11\n2,x\n3,12\n4102444800,13\n4,14,15\n5,16\n');
    const first = await run('publish', 'a', '--csv', csv, '--create');
    expect(first.exitCode).toBe(1);
    expect(linesOf(first.stderr).map((line) => line.split(': ').slice(0, 2).join(' '))).toEqual([
      'f.csv:3 BAD_TIME',
      'f.csv:4 BAD_VALUE',
      'f.csv:7 BAD_ROW',
      'f.csv:6 BAD_TIME',
    ]);
    expect(first.stdout).toBe('3 published, 0 there already, 4 failed.\n');
    expect(values()).toEqual(['10', '12', '16']);
    const second = await run('publish', 'a', '--csv', csv, '--json');
    expect(JSON.parse(second.stdout)).toEqual({ published: 0, duplicates: 3, failed: 4, interrupted: false });
  });

  it('keeps order over many batches, waits out a restart, and signs in again when its token expires', async () => {
    const rows = Array.from({ length: 2_500 }, (_, index) => `${index},${index}`);
    const csv = file('f.csv', rows.join('\n'));
    const program = start('publish', 'a', '--csv', csv, '--create');
    await vi.waitFor(() => expect(server.log.length).toBeGreaterThanOrEqual(1_000), {
      timeout: 10_000,
      interval: 1,
    });
    server.failNext(2);
    server.expireTokens();
    const exitCode = await program.exit;
    expect(program.output.stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(program.output.stdout).toBe('2500 published, 0 there already, 0 failed.\n');
    expect(values()).toEqual(rows.map((_, index) => String(index)));
  });

  it('says what to do when the file is missing', async () => {
    const { stderr, exitCode } = await run('publish', 'a', '--csv', 'nowhere.csv');
    expect(exitCode).toBe(2);
    expect(linesOf(stderr)).toHaveLength(1);
    expect(stderr).toContain("nowhere.csv can't be read");
  });

  it('ends after the batch under way when interrupted, with 130', async () => {
    const csv = file('f.csv', Array.from({ length: 200_000 }, (_, index) => `${index},1`).join('\n'));
    const program = start('publish', 'a', '--csv', csv, '--create', '--json');
    await vi.waitFor(() => expect(server.log.length).toBeGreaterThan(0), { timeout: 10_000, interval: 1 });
    program.child.kill('SIGINT');
    expect(await program.exit).toBe(130);
    const summary: unknown = JSON.parse(program.output.stdout);
    expect(summary).toMatchObject({ published: server.log.length, interrupted: true });
    expect(program.output.stderr).toBe('presage: Interrupted; run it again to go on.\n');
  });
});

describe('presage watch', () => {
  const time = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;

  it('shows what comes, across disconnects, each observation once', async () => {
    server.append('a', '1', time(1));
    const program = start('watch', '--json', '--filter', 'value>=1', '--stream', 'a');
    const seen = () => linesOf(program.output.stdout).map((line) => JSON.parse(line).observation.value);
    await vi.waitFor(() => expect(server.subscribed).toHaveLength(1), { timeout: 10_000 });
    expect(server.subscribed[0]).toEqual({
      where: { and: [{ value: { gte: '1' } }, { stream: { name: { in: ['a'] } } }] },
      snapshot: false,
      ready: true,
      includeData: true,
      after: null,
    });
    server.append('a', '2', time(2));
    await vi.waitFor(() => expect(seen()).toEqual(['2']));
    server.cutSockets();
    server.append('a', '3', time(3));
    await vi.waitFor(() => expect(seen()).toEqual(['2', '3']), { timeout: 10_000 });
    expect(server.subscribed[1]).toMatchObject({ after: '2' });
    program.child.kill('SIGINT');
    expect(await program.exit).toBe(0);
    expect(program.output.stderr).toMatch(
      /^presage: The connection was lost.*\npresage: Connected again\.\n$/,
    );
  });

  it('begins after a cursor, or with a snapshot', async () => {
    for (let second = 1; second <= 4; second++) server.append('a', String(second), time(second));
    const after = start('watch', '--after', '2');
    const snapshot = start('watch', '--snapshot');
    await vi.waitFor(
      () => expect(linesOf(after.output.stdout)).toEqual([`${time(3)}  a  3`, `${time(4)}  a  4`]),
      {
        timeout: 10_000,
      },
    );
    await vi.waitFor(() => expect(snapshot.output.stdout).toBe(`${time(4)}  a  4  SNAPSHOT\n`), {
      timeout: 10_000,
    });
  });
});
