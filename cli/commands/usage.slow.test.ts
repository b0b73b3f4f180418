import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../testing/run-cli.ts';

let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'presage-usage-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

describe.concurrent('presage, called wrongly', () => {
  it.each([
    ['an unknown command', ['strat'], 2, /^presage: unknown command 'strat' \(Did you mean start\?\).*\n$/],
    [
      'an unknown flag',
      ['serve', '--prot', '1'],
      2,
      /^presage: unknown option '--prot' \(Did you mean --port\?\).*\n$/,
    ],
    [
      'a flag without its value',
      ['serve', '--port'],
      2,
      /^presage: option '--port <number>' argument missing.*\n$/,
    ],
    [
      'a public key that looks like the option for help, but no key of an operator',
      ['peers', 'rename', '-h-vIsyujpIaskzGsOidLYAgjJ3mNiw7PROUBWUI89o', 'the desk', '--tenant', 'acme'],
      2,
      /^presage: There is no operator's key at .*\n$/,
    ],
    ['no stream to publish on', ['publish'], 2, /^presage: missing required argument 'stream'.*\n$/],
    ['neither a value nor a file', ['publish', 's'], 2, /^presage: Give either a value or --csv FILE.*\n$/],
    ['both a value and a file', ['publish', 's', '1', '--csv', 'f'], 2, /^presage: Give either.*\n$/],
    [
      'a time without a zone',
      ['publish', 's', '1', '--at', 'now'],
      2,
      /^presage: --at now: write a time with a zone.*\n$/,
    ],
    ['a filter that is none', ['watch', '--filter', 'value~1'], 2, /^presage: "value~1" is no filter.*\n$/],
    [
      'a filter on no field',
      ['watch', '--filter', 'volume>1'],
      2,
      /^presage: There is no field "volume".*\n$/,
    ],
    [
      'a cadence that is none',
      ['streams', 'create', 's', '--cadence', 'x'],
      2,
      /^presage: --cadence x: write a number.*\n$/,
    ],
    [
      'a server that is not there',
      ['streams', '--server', 'http://127.0.0.1:1'],
      1,
      /^presage: No answer from http:\/\/127\.0\.0\.1:1\/graphql \(.*\); start a server .*\n$/,
    ],
    [
      'a server that is not there, live',
      ['watch', '--server', 'http://127.0.0.1:1'],
      1,
      /^presage: No answer from .*\n$/,
    ],
    [
      'a server that is not there, by a file for servers whose secrets they alone have',
      ['streams', '--config', 'servers.yaml', '--server', 'http://127.0.0.1:1'],
      1,
      /^presage: No answer from .*\n$/,
    ],
    [
      'a config file that is not there',
      ['token', '--config', 'no.yaml'],
      2,
      /^presage: The configuration has a problem:\n {2}no\.yaml: can't be read.*\n$/,
    ],
    [
      'a key that is none',
      ['token', '--key', 'bad.key'],
      1,
      /^presage: The key .*bad\.key is open to other users; run: chmod 600 .*\n$/,
    ],
  ])('says in one line what is wrong with %s', async (_, args, exitCode, stderr) => {
    writeFileSync(join(cwd, 'bad.key'), 'hello', { mode: 0o644 });
    writeFileSync(join(cwd, 'servers.yaml'), 'alerts: { webhook: https://hooks.example/x }');
    const result = await runCli(args, { cwd });
    expect(result.stderr).toMatch(stderr);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stdout).toBe('');
  });

  it('lists every problem of the configuration', async () => {
    const env = { PRESAGE_PORT: 'x', PRESAGE_COLLECT: 'y' };
    const { stderr, exitCode } = await runCli(['start', '--log-level', 'z'], { cwd, env });
    expect(stderr.trim().split('\n')).toHaveLength(4);
    expect(stderr).toContain('log.level = "z" (flag --log-level): must be `trace`');
    expect(exitCode).toBe(2);
  });

  it.each([['start'], ['serve'], ['neuron'], ['streams'], ['publish'], ['watch'], ['token']])(
    'has examples in the help of %s',
    async (command) => {
      const { stdout, exitCode } = await runCli([command, '--help'], { cwd });
      expect(stdout).toContain(`$ presage ${command}`.slice(0, 9));
      expect(stdout).toContain('Examples:');
      expect(exitCode).toBe(0);
    },
  );

  it('knows its version', async () => {
    expect((await runCli(['--version'], { cwd })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
