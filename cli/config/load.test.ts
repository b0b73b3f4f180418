import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from './config-error.ts';
import { configurationMarkdown } from './document.ts';
import type { Given } from './given.ts';
import { type ConfigSources, loadConfig } from './load.ts';
import { SETTINGS } from './paths.ts';

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'presage-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

interface Written {
  readonly yaml?: string;
  readonly file?: string;
  readonly env?: Record<string, string>;
  readonly flags?: Record<string, string>;
  readonly rulesOf?: readonly string[];
}

function load({ yaml, file, env = {}, flags = {}, rulesOf }: Written) {
  if (yaml !== undefined) writeFileSync(join(cwd, 'presage.yaml'), yaml);
  const given = Object.entries(flags).map(([path, raw]): [string, Given] => [
    path,
    { raw, origin: { kind: 'flag', name: '--x' } },
  ]);
  const sources: ConfigSources = { file, environment: env, flags: new Map(given), cwd, rulesOf };
  return loadConfig(sources);
}

function problemsOf(written: Written): readonly string[] {
  try {
    load(written);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('shows no secret that is wrong', () => {
    const long = `hunter2${'x'.repeat(2_000)}`;
    const env = {
      DATABASE_URL: 'mysql://me:hunter2@db/presage',
      REDIS_URL: 'http://:hunter2@redis',
      PRESAGE_METRICS_TOKEN: long,
      PRESAGE_ALERT_WEBHOOK: 'ftp://hooks.example/hunter2',
      PRESAGE_ALERT_SECRET: long,
      PRESAGE_NEURON_JOIN_CODE: long,
    };
    const problems = problemsOf({ env });
    expect(problems).toHaveLength(Object.keys(env).length);
    expect(problems.join('\n')).not.toContain('hunter2');
  });

  it('says so of aliases that multiply or lead in a circle', () => {
    const bomb = [1, 2, 3, 4, 5, 6].map((n) => `a${n}: &a${n} [${`*a${n - 1},`.repeat(9)}]\n`).join('');
    for (const yaml of [`a0: &a0 [x,x,x,x,x,x,x,x,x]\n${bomb}`, 'server: &a\n  port: *a\n']) {
      expect(problemsOf({ yaml })).toEqual([
        expect.stringMatching(/its aliases \(\*name\) come to too much/),
      ]);
    }
  });

  it('has a sound default for everything', () => {
    const config = load({});
    expect(config.server).toMatchObject({ port: 4000, host: '127.0.0.1', dataDir: join(cwd, '.presage') });
    expect(config.database.url).toBeNull();
    expect(config.collectors).toMatchObject({ collect: 'host', intervalMs: 2000 });
    expect(config.neuron).toMatchObject({
      serverUrl: 'http://127.0.0.1:4000',
      dataDir: join(cwd, '.presage', 'neuron'),
      streams: [],
    });
  });

  it('lets environment win over file, and flags over both', () => {
    const yaml = 'server:\n  port: 1\n  host: a.example\n  publicRead: false\ncollectors:\n';
    const env = { PRESAGE_PORT: '2', PRESAGE_HOST: 'b.example' };
    const { server } = load({ yaml, env, flags: { 'server.port': '3' } });
    expect(server).toMatchObject({ port: 3, host: 'b.example', publicRead: false });
  });

  it('reads the types that each source can write', () => {
    const yaml = 'neuron:\n  streams: [a, "b, c"]\n  adapters: [naive]\nserver: {port: "4100"}';
    expect(load({ yaml }).neuron.streams).toEqual(['a', 'b, c']);
    expect(load({ yaml }).server.port).toBe(4100);
    const env = { PRESAGE_NEURON_STREAMS: 'a, b,', PRESAGE_PUBLIC_READ: 'No', PRESAGE_LOG_LEVEL: '' };
    const config = load({ env });
    expect(config.neuron.streams).toEqual(['a', 'b']);
    expect(config.server.publicRead).toBe(false);
    expect(config.log.level).toBe('info');
  });

  it('reaches a server that listens everywhere by loopback', () => {
    expect(load({ env: { PRESAGE_HOST: '::' } }).neuron.serverUrl).toBe('http://[::1]:4000');
    expect(load({ env: { PRESAGE_HOST: '0.0.0.0', PRESAGE_PORT: '1' } }).neuron.serverUrl).toBe(
      'http://127.0.0.1:1',
    );
  });

  it('is frozen all through', () => {
    const config = load({});
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.server)).toBe(true);
    expect(Object.isFrozen(config.neuron.streams)).toBe(true);
  });

  const BAD: readonly [string, Written, string][] = [
    [
      'a port that is no number',
      { env: { PRESAGE_PORT: 'abc' } },
      'server.port = "abc" (environment PRESAGE_PORT): must be a whole number from 0 to 65535',
    ],
    [
      'a port past the end',
      { flags: { 'server.port': '65536' } },
      'server.port = "65536" (flag --x): must be',
    ],
    [
      'a port with a fraction',
      { yaml: 'server: {port: 4000.5}' },
      'server.port = 4000.5 (file presage.yaml): must be',
    ],
    [
      'an empty port in YAML',
      { yaml: 'server:\n  port:' },
      'server.port = null (file presage.yaml): must be',
    ],
    ['a host with a port', { env: { PRESAGE_HOST: 'localhost:4000' } }, 'server.host = "localhost:4000"'],
    ['a boolean that is none', { env: { PRESAGE_PUBLIC_READ: 'maybe' } }, 'must be `true` or `false`'],
    ['a word outside the list', { env: { PRESAGE_COLLECT: 'hots' } }, 'must be `host`, `none`'],
    ['an interval too short', { env: { PRESAGE_COLLECT_INTERVAL_MS: '1' } }, 'from 100 to 3600000'],
    ['an adapter twice', { env: { PRESAGE_NEURON_ADAPTERS: 'naive,naive' } }, 'none twice'],
    ['no adapter', { yaml: 'neuron: {adapters: []}' }, 'one or more of'],
    ['a server URL of another protocol', { env: { PRESAGE_SERVER: 'ftp://x' } }, '`http://…`'],
    [
      'a database that is no URL',
      { env: { DATABASE_URL: 'hunter2' } },
      'database.url = (hidden) (environment DATABASE_URL): must be a URL such as `postgres://…`',
    ],
    ['a list for a text', { yaml: 'neuron: {name: [a]}' }, 'neuron.name = ["a"]'],
    [
      'an unknown section',
      { yaml: 'sever: {}' },
      'presage.yaml: sever is not a setting; did you mean server?',
    ],
    [
      'an unknown key',
      { yaml: 'server: {prot: 1}' },
      'presage.yaml: server.prot is not a setting; did you mean server.port?',
    ],
    ['another spelling of a key', { yaml: 'server: {data_dir: x}' }, 'did you mean server.dataDir?'],
    ['a key like nothing known', { yaml: 'qqqqqqq: 1' }, 'docs/configuration.md lists them all'],
    [
      'a section that holds a value',
      { yaml: 'server: 4000' },
      'presage.yaml: server must hold settings, such as port: 4000',
    ],
    ['a file that is a list', { yaml: '- a' }, 'presage.yaml: must hold sections'],
    ['a file that is no YAML', { yaml: 'server:\n  port: [1' }, /presage\.yaml:\d: not YAML: /.source],
    [
      'a key twice',
      { yaml: 'server:\n  port: 1\n  port: 2' },
      'presage.yaml:3: not YAML: Map keys must be unique',
    ],
    [
      'a named file that is missing',
      { file: 'nowhere.yaml' },
      "nowhere.yaml: can't be read (there is no such file)",
    ],
    [
      'a mistyped variable',
      { env: { PRESAGE_PROT: '1' } },
      'environment PRESAGE_PROT: is not a setting; did you mean PRESAGE_PORT?',
    ],
    [
      'a refresh token that dies first',
      { env: { PRESAGE_REFRESH_TOKEN_SECONDS: '60' } },
      'server.refreshTokenSeconds = "60" (environment PRESAGE_REFRESH_TOKEN_SECONDS): must be more than server.accessTokenSeconds (900)',
    ],
    [
      'pings slower than patience',
      { env: { PRESAGE_PING_INTERVAL_MS: '40000' } },
      'gateway.stalledAfterMs = 30000 (environment PRESAGE_PING_INTERVAL_MS): must be more than',
    ],
    [
      'less room for all bodies than for one',
      { env: { PRESAGE_MAX_UNFINISHED_BYTES: '5000' } },
      'limits.unfinishedBytes = "5000" (environment PRESAGE_MAX_UNFINISHED_BYTES): must be limits.bodyBytes (8388608) at least',
    ],
    [
      'a role that needs others without a way to them',
      { env: { PRESAGE_ROLE: 'gateway', DATABASE_URL: 'postgres://db/presage' } },
      'must be all unless REDIS_URL and DATABASE_URL name what the processes share',
    ],
    [
      'gateways that are swept before their streamer is missed',
      { env: { PRESAGE_REDIS_GATEWAY_TTL_MS: '1500' } },
      'must be more than redis.leaseMs (2000)',
    ],
    [
      'one directory for both',
      { env: { PRESAGE_NEURON_DATA_DIR: './.presage' } },
      'must be another directory than server.dataDir',
    ],
  ];
  it.each(BAD)('refuses %s', (_, written, expected) => {
    const problems = problemsOf(written);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected.startsWith('presage\\') ? new RegExp(expected) : expected);
    expect(problems[0]).not.toContain('\n');
  });

  it('refuses a wrong value for every single setting', () => {
    const wrong = { '': '\0' };
    for (const setting of SETTINGS) {
      const yaml = `${setting.section}: {${setting.key}: ${JSON.stringify(wrong)}}`;
      expect(problemsOf({ yaml }), setting.path).toHaveLength(1);
    }
  });

  it('lists every problem at once, whatever the source', () => {
    const problems = problemsOf({
      yaml: 'server: {port: x, hots: y}\nlimits: {depth: 0}\nnope: 1',
      env: { PRESAGE_COLLECT: 'moon', PRESAGE_REFRESH_TOKEN_SECONDS: '60', PRESAGE_PRT: '1' },
      flags: { 'log.level': 'loud' },
    });
    expect(problems).toHaveLength(8);
  });

  it('does not blame a rule between settings for one that is wrong by itself', () => {
    const env = { PRESAGE_REFRESH_TOKEN_SECONDS: '60', PRESAGE_ACCESS_TOKEN_SECONDS: 'x' };
    expect(problemsOf({ env })).toHaveLength(1);
  });

  it('leaves rules between settings of the server to the server, where a client reads the same file', () => {
    const yaml = 'server: {role: api}\nalerts: {webhook: "https://hooks.example/x"}';
    const env = { PRESAGE_NEURON_DATA_DIR: '.presage' };
    expect(problemsOf({ yaml, env })).toHaveLength(3);
    const [problem, ...more] = problemsOf({ yaml, env, rulesOf: ['neuron.dataDir', 'server.dataDir'] });
    expect(problem).toMatch(/^neuron.dataDir = .*must be another directory/);
    expect(more).toEqual([]);
    expect(problemsOf({ yaml: 'server: {port: x}', rulesOf: [] })).toHaveLength(1);
  });

  it('never shows a password', () => {
    for (const name of ['DATABASE_URL', 'REDIS_URL']) {
      const problems = problemsOf({ env: { [name]: 'mysql://me:hunter2@db/x' } });
      expect(problems).toHaveLength(1);
      expect(problems.join()).not.toContain('hunter2');
    }
  });
});

describe('docs/configuration.md', () => {
  it('says what the schema says', async () => {
    await expect(configurationMarkdown()).toMatchFileSnapshot('../../docs/configuration.md');
  });
});
