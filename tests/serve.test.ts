import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, Presage } from './support/presage.ts';

const READY = 'Presage is ready';
let directory: string;
let running: Presage;
let port: number;
const other = (name: string) => join(directory, name);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'presage-serve-'));
  port = await freePort();
  running = new Presage(['serve', '--port', String(port), '--data-dir', other('first'), '--collect', 'none']);
  await running.start(READY);
});
afterAll(async () => {
  await running.stop();
  await rm(directory, { recursive: true, force: true });
});

/** What `presage serve` writes when it can't start: its error, and how many lines that takes. */
async function refusal(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const presage = new Presage(['serve', '--collect', 'none', ...args], env);
  await expect(presage.start(READY)).rejects.toThrow('ended (');
  const lines = presage.output.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
  return { text: lines.join('\n'), lines: lines.length, code: await presage.stop() };
}

describe('a server that can not start says why in one line and exits with 1', () => {
  it('because the data directory is in use', async () => {
    const { text, lines, code } = await refusal(['--port', '0', '--data-dir', other('first')]);
    expect(text).toMatch(/data directory .*first is in use by another Presage server; .*PRESAGE_DATA_DIR/);
    expect({ lines, code }).toEqual({ lines: 1, code: 1 });
  });

  it('because the port is in use', async () => {
    const { text, lines, code } = await refusal(['--port', String(port), '--data-dir', other('second')]);
    expect(text).toMatch(new RegExp(`127.0.0.1:${port} is in use by another program; .*PRESAGE_PORT`));
    expect({ lines, code }).toEqual({ lines: 1, code: 1 });
  });

  it('because the directory can not be made', async () => {
    await writeFile(other('file'), '');
    const { text, lines, code } = await refusal(['--port', '0', '--data-dir', join(other('file'), 'inside')]);
    expect(text).toMatch(/data directory .*inside can't be written/);
    expect({ lines, code }).toEqual({ lines: 1, code: 1 });
  });

  it('because the database does not answer, without its password', async () => {
    const url = 'postgresql://me:secret@127.0.0.1:1/presage';
    const args = ['--port', '0', '--data-dir', other('third')];
    const { text, lines, code } = await refusal(args, { DATABASE_URL: url });
    expect(text).toMatch(/Can't connect to the database presage at 127.0.0.1:1 as me: .*Check DATABASE_URL/);
    expect(text).not.toContain('secret');
    expect({ lines, code }).toEqual({ lines: 1, code: 1 });
  });

  it('because settings are wrong: all of them, with exit code 2', async () => {
    const env = { PRESAGE_PORT: 'high', PRESAGE_COLLECT: 'all', DATABASE_URL: 'mysql://x' };
    const presage = new Presage(['serve'], env);
    await expect(presage.start(READY)).rejects.toThrow('ended (2)');
    for (const name of Object.keys(env)) expect(presage.output).toContain(name);
  });
});

describe('a running server', () => {
  const url = () => `http://127.0.0.1:${port}`;

  it('answers for its health, and sends its front door to GraphiQL', async () => {
    expect((await fetch(`${url()}/health/live`)).status).toBe(200);
    expect(await (await fetch(`${url()}/health/ready`)).json()).toEqual({ status: 'ready' });
    const page = await fetch(`${url()}/`, { headers: { accept: 'text/html' } });
    expect(page.url).toBe(`${url()}/graphql`);
    expect(await page.text()).toContain('GraphiQL');
  });
});

describe('presage start', () => {
  it('brings up server and neuron, which has none of its secrets, and Ctrl-C takes both down in order within 5 s', async () => {
    // The rule that a webhook needs a secret holds for the server, and is no concern of the neuron.
    await writeFile(other('alerts.yaml'), `alerts: { webhook: http://127.0.0.1:${await freePort()} }`);
    const both = new Presage(
      [
        ...['start', '--port', '0', '--data-dir', other('fourth'), '--collect-interval-ms', '300'],
        ...['--config', other('alerts.yaml')],
      ],
      { PRESAGE_ALERT_SECRET: 'hunter2', COINGECKO_KEY: 'hunter2', PRESAGE_NEURON_NAME: 'beside' },
    );
    await both.start(READY);
    const graphiql = /"graphiql":"([^"]+)"/.exec(both.output)?.[1] ?? '';
    const predicted = async () => {
      const query = '{ predictions(first: 1000) { edges { node { stream { name } base { hash } } } } }';
      const response = await fetch(graphiql, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
      return JSON.stringify(await response.json());
    };
    await expect.poll(predicted, { timeout: 30_000 }).toContain('host_memory_used_bytes');
    for (const part of ['server', 'neuron']) {
      const pid = new RegExp(`"pid":(\\d+),"name":"${part}"`).exec(both.output)?.[1];
      expect(pid, both.output).toBeDefined();
      if (!existsSync('/proc/self/environ')) continue;
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
      expect(environment.includes('hunter2'), part).toBe(part === 'server');
      expect(environment).toContain('PRESAGE_NEURON_NAME=beside');
    }
    const began = Date.now();
    expect(await both.stop('SIGINT')).toBe(0);
    expect(Date.now() - began).toBeLessThan(5_000);
    const stopped = both.output.indexOf('"program":"neuron"');
    expect(stopped).toBeGreaterThan(0);
    expect(both.output.indexOf('"program":"server"')).toBeGreaterThan(stopped);
    const again = new Presage(['serve', '--port', '0', '--data-dir', other('fourth'), '--collect', 'none']);
    await again.start(READY);
    expect(await again.stop()).toBe(0);
  });
});
