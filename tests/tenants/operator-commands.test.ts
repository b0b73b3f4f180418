import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, Presage, runPresage } from '../support/presage.ts';

let directory: string;
let url: string;
let server: Presage;
const neurons: Presage[] = [];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'presage-operator-'));
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  server = new Presage([
    ...['serve', '--port', String(port), '--data-dir', join(directory, 'server')],
    ...['--collect', 'none'],
  ]);
  await server.start('Presage is ready');
});
afterAll(async () => {
  for (const neuron of neurons) await neuron.stop();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** The commands as people type them, beside a server of their own. */
function run(...args: string[]) {
  const env = { PRESAGE_SERVER: url, PRESAGE_DATA_DIR: join(directory, 'server') };
  return runPresage(args, { cwd: directory, env });
}

/** Fails with what the command said. */
async function done(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(...args);
  if (exitCode !== 0) throw new Error(`presage ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

const inAcme = ['--tenant', 'acme'];
const asWriter = ['--key', 'writer.key', ...inAcme];

describe('an operator at the command line', () => {
  it('makes a tenant and lets keys in by codes that are good as often as they say', async () => {
    expect(await done('tenants', 'create', 'acme')).toContain('acme');
    expect(await run('tenants', 'create', 'acme')).toMatchObject({ exitCode: 1 });
    expect(await done('tenants')).toMatch(/acme[\s\S]*default|default[\s\S]*acme/);
    const code = await done(
      'tenants',
      'join-codes',
      'create',
      ...inAcme,
      '--max-uses',
      '1',
      '--label',
      'desk',
    );
    expect(code).toMatch(/^join_/);
    expect(await done('token', '--key', 'writer.key', '--join-code', code)).toMatch(/^ey/);
    const second = await run('token', '--key', 'other.key', '--join-code', code);
    expect(second).toMatchObject({ exitCode: 1, stdout: '' });
    expect(second.stderr).not.toBe('');
    expect(await done('tenants', 'join-codes', ...inAcme)).toMatch(/peer +1\/1 .* desk/);
    expect(await done('token', ...asWriter)).toMatch(/^ey/);
    expect((await run('token', '--key', 'other.key', ...inAcme)).exitCode).toBe(1);
  });

  it('lists, names, limits, revokes and restores peers, at once', async () => {
    const writer = async (): Promise<{ peer: { publicKey: string }; revokedAt: string | null }> => {
      const lines = (await done('peers', '--json', ...inAcme)).split('\n');
      return lines.map((line) => JSON.parse(line)).find(({ peer }) => peer.role === 'PEER') ?? expect.fail();
    };
    const key = (await writer()).peer.publicKey;
    expect(key).toMatch(/^[\w-]{43}$/);
    expect(await done('peers', 'rename', key, 'the desk', ...inAcme)).toContain('the desk');
    await done('peers', 'limit', key, '--streams', '1', ...inAcme);
    await done('streams', 'create', 'one', ...asWriter);
    const beyond = await run('streams', 'create', 'two', ...asWriter);
    expect(beyond).toMatchObject({ exitCode: 1 });
    expect(beyond.stderr).toMatch(/limit|at most|1 stream/i);
    await done('peers', 'limit', key, '--streams', 'default', ...inAcme);
    await done('streams', 'create', 'two', ...asWriter);
    await done('peers', 'revoke', key, ...inAcme);
    expect((await writer()).revokedAt).not.toBeNull();
    expect((await run('publish', 'one', '1', ...asWriter)).exitCode).toBe(1);
    await done('peers', 'restore', key, ...inAcme);
    await done('publish', 'one', '1', ...asWriter);
    expect((await run('peers', 'revoke', 'nobody', ...inAcme)).stderr).toContain('nobody');
    expect((await run('peers')).stdout).not.toContain(key);
  });

  it('lets a neuron in by a code, whose predictions are the tenant’s and nobody else’s', async () => {
    const code = await done('tenants', 'join-codes', 'create', ...inAcme);
    const neuron = new Presage(
      [
        ...['neuron', '--server', url, '--neuron-tenant', 'acme'],
        ...['--neuron-data-dir', join(directory, 'neuron')],
      ],
      { PRESAGE_NEURON_JOIN_CODE: code },
    );
    neurons.push(neuron);
    await neuron.start('The neuron is up');
    const forecast = async (...as: string[]) => (await run('forecast', '--json', ...as)).stdout;
    let value = 1;
    while (!(await forecast(...asWriter)).includes('"contributors":1')) {
      value += 1;
      await done('publish', 'one', String(value), ...asWriter);
    }
    expect(await forecast(...asWriter)).toContain('"name":"one"');
    expect(await forecast()).not.toContain('one');
    // Started again, it is known: the code is not needed twice.
    await neuron.stop();
    const codes: { id: string; maxUses: number | null }[] = (
      await done('tenants', 'join-codes', '--json', ...inAcme)
    )
      .split('\n')
      .map((line) => JSON.parse(line));
    await done(
      ...['tenants', 'join-codes', 'revoke', codes.find(({ maxUses }) => maxUses === null)?.id ?? ''],
      ...inAcme,
    );
    await neuron.start('history is in');
  });
});
