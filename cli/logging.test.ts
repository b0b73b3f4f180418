import { describe, expect, it } from 'vitest';
import { createLogger, logWriter } from './logging.ts';

function capture(isTTY = false) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => void written.push(text) };
}

describe('createLogger', () => {
  it('writes one JSON record a line where there is no terminal', () => {
    const output = capture();
    createLogger({ level: 'info', format: 'auto' }, 'serve', output).info({ port: 1 }, 'Ready.');
    expect(output.written).toHaveLength(1);
    expect(JSON.parse(output.written[0] ?? '')).toMatchObject({
      name: 'serve',
      port: 1,
      msg: 'Ready.',
      level: 30,
    });
  });

  it('writes for people on a terminal', () => {
    const output = capture(true);
    createLogger({ level: 'info', format: 'auto' }, 'serve', output).warn({ port: 1 }, 'Ready.');
    expect(output.written.join('')).toMatch(/WARN.*serve.*Ready\./s);
    expect(output.written.join('')).not.toContain('"msg"');
  });

  it('leaves out what is below the level', () => {
    const output = capture();
    const log = createLogger({ level: 'warn', format: 'json' }, 'serve', output);
    log.info({}, 'no');
    log.error({}, 'yes');
    expect(output.written).toHaveLength(1);
  });

  it.each([
    [{ accessToken: 'hunter2' }],
    [{ session: { refreshToken: 'hunter2' } }],
    [{ request: { headers: { authorization: 'Bearer hunter2' } } }],
    [{ note: 'sent Bearer hunter2hunter2 along' }],
    [{ url: 'postgres://me:hunter2@db/presage' }],
    [{ url: 'postgres://db/presage?user=me&password=hunter2' }],
    [{ err: new Error('no answer from https://api.example/v1?api_key=hunter2&symbol=x') }],
    [{ joinCode: 'hunter2' }],
    [{ note: 'no peer comes in by join_hunter2hunter2hunter2' }],
    [{ err: new Error('no access for eyJhunter2.hunter2.hunter2') }],
  ])('hides the secret in %j', (fields) => {
    for (const format of ['json', 'pretty'] as const) {
      const output = capture();
      createLogger({ level: 'info', format }, 'serve', output).info(fields, 'A record.');
      expect(output.written.join('')).not.toContain('hunter2');
      expect(output.written.join('')).toContain('[redacted]');
    }
  });
});

describe('logWriter', () => {
  it('passes on lines that are no records', () => {
    const output = capture();
    logWriter('pretty', output)('Segmentation fault');
    expect(output.written).toEqual(['Segmentation fault\n']);
  });
});
