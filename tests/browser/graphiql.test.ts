import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, openBrowser } from '../support/browser.ts';
import { freePort, Presage } from '../support/presage.ts';

const chromium = findChromium();

describe.skipIf(!chromium)('GraphiQL in a browser', () => {
  let directory: string;
  let server: Presage;
  let browser: Browser;
  let url: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'presage-browser-'));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    server = new Presage([
      'serve',
      '--port',
      String(port),
      '--data-dir',
      directory,
      '--collect-interval-ms',
      '500',
    ]);
    await server.start('Presage is ready');
    browser = await openBrowser(chromium ?? '');
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('opens with examples, asks nobody else, and shows a query and a live subscription', async () => {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const foreign: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !/^(?:data|blob):/.test(request.url()))
        foreign.push(request.url());
    });
    await page.goto(`${url}/`);
    const result = page.locator('.result-window');
    const shown = async () => (await result.textContent())?.replace(/\s/g, '');
    const run = page.locator('button.graphiql-execute-button');
    await run.click();
    await expect.poll(shown, { timeout: 20_000 }).toContain('"host_');

    // Tabs slide into their places at first, and a click that meets one on its way is none.
    const live = page.locator('.graphiql-tab', { hasText: 'LiveObservations' });
    await expect
      .poll(async () => {
        await live.locator('.graphiql-tab-button').click();
        return live.getAttribute('aria-selected');
      })
      .toBe('true');
    // What runs is the operation that GraphiQL has read in the tab, a tenth of a second after it came into view: until
    // then it says that it finds none of the name of the last one. Which tab is in view it puts down after half a second.
    const inView = "JSON.parse(localStorage.getItem('graphiql:tabState') ?? '{}').activeTabIndex";
    await expect.poll(() => page.evaluate(inView)).toBe(1);
    await run.click();
    // The result pane shows the newest event: it must change as observations come.
    await expect.poll(shown, { timeout: 30_000 }).toContain('"type":"');
    await expect.poll(shown, { timeout: 20_000 }).toContain('"type":"CREATE"');
    const before = await shown();
    await expect.poll(shown, { timeout: 20_000 }).not.toBe(before);
    expect(foreign).toEqual([]);
  });
});
