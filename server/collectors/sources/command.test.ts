import { describe, expect, it, vi } from 'vitest';
import { PartialFailure } from '../source.ts';
import { failure, SourceBench, sample } from '../testing/source-bench.ts';

const bench = SourceBench.forTests();

describe('command', () => {
  const node = (script: string, more = '', environment = {}) =>
    bench.open(
      `type: command, name: thing, command: ["${process.execPath}", "-e", ${JSON.stringify(script)}]${more}`,
      environment,
    );

  it('takes what a program prints', async () => {
    const source = node(
      "console.log('12.5000000000000000001'); console.log('other, -3 ,2026-01-31T12:00:00Z'); console.log('')",
    );
    expect(await sample(source)).toMatchObject([
      { stream: 'thing', value: '12.5000000000000000001' },
      { stream: 'other', value: '-3', observedAt: Date.UTC(2026, 0, 31, 12) },
    ]);
    expect(await sample(source)).toHaveLength(2);
  });

  it('gives a program what it needs of the environment and what is named, and no secret of the server', async () => {
    const environment = {
      ...{ PATH: '/usr/bin:/bin', LC_ALL: 'C', DATABASE_URL: 'postgresql://a:secret@b/c' },
      ...{ PRESAGE_OPERATOR_KEYS: 'secret', SENSOR_TOKEN: 'abc', OTHER_TOKEN: 'secret' },
    };
    const source = node(
      "const names = Object.keys(process.env).filter((name) => name !== '__CF_USER_TEXT_ENCODING'); console.log(names.sort().join(' ') + ' ' + process.env.TOKEN + ',1')",
      `, env: { TOKEN: "\${SENSOR_TOKEN}", PATH: /bin }`,
      environment,
    );
    expect(await sample(source)).toMatchObject([{ stream: 'LC_ALL PATH TOKEN abc', value: '1' }]);
    expect(() => node('', ', env: { "A=B": x }')).toThrow(/must be variables by name/);
    expect(() => node('', `, env: { TOKEN: "\${MISSING}" }`)).toThrow(/MISSING is not set/);
  });

  it('says how a program failed, and keeps what it printed', async () => {
    const broken = node(
      "console.log(1); console.log('a,b,c,d'); console.error('no sensor'); process.exitCode = 3",
    );
    expect(await failure(broken)).toMatchObject({
      samples: [{ value: '1' }],
      message: expect.stringMatching(/ended with code 3: no sensor; "a,b,c,d" is not value/),
    });
    expect(await failure(node('setInterval(() => {}, 1000)'), 100)).toMatchObject({
      message: 'thing: it took too long and was stopped',
    });
    expect(await failure(bench.open('type: command, command: [/no/such/program]'))).toMatchObject({
      message: expect.stringMatching(/can't be run/),
    });
    expect(
      await failure(node("process.stdout.write('1\\n'.repeat(20000)); setInterval(() => {}, 1000)")),
    ).toMatchObject({
      message: expect.stringMatching(/printed 10000 lines, which is too much/),
    });
  });

  it('keeps little of one that prints on and on without a line break, and says so', async () => {
    const source = node(
      "const x = Buffer.alloc(1_048_576, 'x'); for (let n = 0; n < 40; n += 1) require('fs').writeSync(1, x); console.log('\\n7')",
    );
    expect(await failure(source)).toMatchObject({
      samples: [{ value: '7' }],
      message: expect.stringMatching(/^thing: "x{60}" is not value/),
    });
  });

  it('follows one that runs on, and starts it again when it ends', async () => {
    const source = node(
      'let n = 0; setInterval(() => { console.log(++n); if (n === 3) process.exit() }, 5)',
      ', mode: follow',
    );
    const values: unknown[] = [];
    const complaints: unknown[] = [];
    await vi.waitFor(async () => {
      const error = await failure(source);
      if (error instanceof PartialFailure) {
        complaints.push(error.message);
        values.push(...error.samples.map(({ value }) => value));
      } else values.push(...(await sample(source)).map(({ value }) => value));
      expect(complaints.length).toBeGreaterThan(1);
    }, 5_000);
    source.close?.();
    expect(complaints[0]).toBe('thing: it ended; it is started again');
  });
});
