import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServedApi, serveApi } from './testing/serve.ts';

let api: ServedApi;
beforeAll(async () => {
  api = await serveApi();
});
afterAll(() => api.close());

/** The audit of the working group's reference implementation; what it says with MAY and SHOULD is kept to as well. */
const audits = serverAudits({ url: () => `${api.url}/graphql` });

it.each(audits.map(({ name, fn }) => ({ name, fn })))('$name', async ({ fn }) => {
  const { status, ...found } = await fn();
  expect([status, 'reason' in found ? found.reason : '']).toEqual(['ok', '']);
});
