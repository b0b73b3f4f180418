import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from '../testing/run-cli.ts';

const QUICK = ['--last', '12', '--warmup', '12', '--refit', '12', '--jobs', '1'];

function folder(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'presage-backtest-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

function csv(
  rows: number,
  value: (row: number) => number,
  time: (row: number) => string | number = (row) => row,
) {
  return `ts,value\n${Array.from({ length: rows }, (_, row) => `${time(row)},${value(row)}`).join('\n')}\n`;
}

const wave = (row: number) => 50 + 10 * Math.sin((2 * Math.PI * row) / 12) + Math.sin(row * row);

it('scores every series below a folder, and goes on where one is none', async () => {
  const hour = (row: number) => new Date(Date.UTC(2026, 0, 1) + row * 3_600_000).toISOString();
  const cwd = folder({
    'data/a/steps.csv': csv(150, wave),
    'data/a/iso.csv': csv(150, wave, hour),
    'data/b/unix.csv': csv(150, wave, (row) => 1_700_000_000 + 60 * row),
    'data/b/bad.csv': 'ts,value\n1,2\n2,three\n3,4\n',
    'data/b/disorder.csv': 'ts,value\n1,2\n3,4\n2,3\n',
    'data/short.csv': csv(20, wave),
  });
  const adapters = ['--adapters', 'naive,ets,ar,ensemble'];
  const json = await runCli(['backtest', 'data', ...QUICK, ...adapters, '--json'], { cwd });
  const lines = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ id, group, n }) => [id, group, n])).toEqual([
    ['iso', 'a', 12],
    ['steps', 'a', 12],
    ['unix', 'b', 12],
  ]);
  const keys = ['id', 'group', 'n', 'mae', 'naiveMae', 'skill', 'mase', 'coverage80', 'seconds', 'adapter'];
  for (const line of lines) {
    expect(Object.keys(line)).toEqual(keys);
    expect(line.skill).toBeCloseTo(1 - line.mae / line.naiveMae, 12);
    expect(line.skill).toBeGreaterThan(0.3);
  }
  expect(json.stderr).toContain(`${join('data', 'b', 'bad.csv')}:3: BAD_VALUE`);
  expect(json.stderr).toContain(`${join('data', 'b', 'disorder.csv')}:4: rows have to be in the order of ts`);
  expect(json.stderr).toContain('short.csv: 20 rows are too few; these options take 40');
  expect(json.exitCode).toBe(1);
});

it('prints a table of the series and one of the folders, XGBoost and all', async () => {
  const cwd = folder({ 'a/one.csv': csv(160, wave), 'b/two.csv': csv(160, () => 7) });
  const { stdout, stderr, exitCode } = await runCli(['backtest', '.', ...QUICK], { cwd });
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^SERIES +MAE +NAIVE MAE +SKILL +MASE +IN 80 % +SECONDS +ADAPTER\n/);
  expect(stdout).toMatch(/\nb\/two +0\.0000 +0\.0000 +0\.0000 +- +1\.000 +\d+\.\d +naive\n/);
  expect(stdout).toMatch(/\nFOLDER +SERIES +MAE .*\na +1 .*\nb +1 /);
});

it('follows symbolic links to folders and files, and never in a circle', async () => {
  const cwd = folder({ 'elsewhere/one.csv': csv(150, wave), 'data/real/two.csv': csv(150, wave) });
  symlinkSync(join(cwd, 'elsewhere'), join(cwd, 'data', 'linked'));
  symlinkSync(join(cwd, 'elsewhere', 'one.csv'), join(cwd, 'data', 'file.csv'));
  symlinkSync(join(cwd, 'data'), join(cwd, 'data', 'real', 'back'));
  symlinkSync(join(cwd, 'gone.csv'), join(cwd, 'data', 'gone.csv'));
  const { stdout, stderr } = await runCli(
    ['backtest', 'data', ...QUICK, '--adapters', 'naive,ar', '--json'],
    { cwd },
  );
  const ids = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(ids.map(({ id, group }) => `${group}/${id}`)).toEqual(['./file', 'linked/one', 'real/two']);
  expect(stderr).toMatch(/gone\.csv: ENOENT/);
  const one = await runCli(['backtest', join('elsewhere', 'one.csv'), ...QUICK, '--adapters', 'naive'], {
    cwd,
  });
  expect(one).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/\n\.\/one +/) });
});

it('says what is wrong with the command line', async () => {
  const cwd = folder({ 'empty/readme.txt': '' });
  const none = await runCli(['backtest', 'empty'], { cwd });
  expect(none).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('There is no *.csv below empty'),
  });
  const adapter = await runCli(['backtest', 'empty', '--adapters', 'prophet'], { cwd });
  expect(adapter).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('there is no prophet; there are naive'),
  });
  const missing = await runCli(['backtest', 'nowhere'], { cwd });
  expect(missing).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('There is no directory "nowhere"'),
  });
});
