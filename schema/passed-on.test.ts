import { expect, it } from 'vitest';
import { passedOn } from './passed-on.ts';

it('passes on what programs need, in whatever case, and nothing else', () => {
  const needed = { PATH: '/bin', HOME: '/home/x', LC_NUMERIC: 'C', TZ: 'UTC', SystemRoot: 'C:\\Windows' };
  const others = {
    DATABASE_URL: 'postgresql://a:b@c/d',
    PRESAGE_OPERATOR_KEYS: 'k',
    PGPASSWORD: 'p',
    AWS_SECRET_ACCESS_KEY: 's',
    HTTPS_PROXY: 'http://user:password@proxy',
    NODE_OPTIONS: '--require /tmp/x.js',
    HOMELESS: 'x',
    MISSING: undefined,
  };
  expect(passedOn({ ...needed, ...others })).toEqual(needed);
});
