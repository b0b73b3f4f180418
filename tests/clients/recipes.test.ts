import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CuttingProxy } from '../faults/support/cutting-proxy.ts';
import { findChromium, openBrowser } from '../support/browser.ts';
import { freePort, Presage } from '../support/presage.ts';
import { Publisher } from '../support/publisher.ts';
import { missing, printed, type Recipe, RunningRecipe, readRecipes } from './recipe.ts';

/** The page is shown by a browser in the long form, and by a library that is one in the short. */
const chromium = process.env.PRESAGE_CLIENT_LIBRARIES ? findChromium() : undefined;
const recipes = readRecipes();
const [inBrowser, signingIn] = ['EventSource', 'Tokens'];
const programs = recipes.filter(({ title }) => title !== signingIn && !(chromium && title === inBrowser));
const values = Array.from({ length: 10 }, (_, n) => `${n + 1}`);

let directory: string;
let server: Presage;
let proxy: CuttingProxy;
let publisher: Publisher;
const running = new Map<
  string,
  {
    readonly output: string;
    readonly complaints: string;
    stop(): void | Promise<void>;
  }
>();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'presage-recipes-'));
  const port = await freePort();
  server = new Presage(['serve', '--port', String(port), '--data-dir', directory, '--collect', 'none']);
  await server.start('Presage is ready');
  const url = `http://127.0.0.1:${port}`;
  proxy = await CuttingProxy.open(url);
  publisher = new Publisher(url);
  await publisher.signIn();
  await publisher.ask('mutation { createStream(input: { name: "temperature" }) { id } }');
  for (const recipe of programs) {
    if (missing(recipe) === null) running.set(recipe.title, new RunningRecipe(recipe, hostOf(proxy)));
  }
  const page = recipes.find(({ title }) => title === inBrowser);
  if (chromium && page) running.set(inBrowser, await openPage(page, hostOf(proxy)));
  for (const [title, program] of running) {
    const isReady = () => expect(printed(program.output)[0], `${title}: ${program.complaints}`).toBe('READY');
    await vi.waitFor(isReady, { timeout: 20_000 });
  }
  await publish(values.slice(0, 4));
  proxy.cut();
  await publish(values.slice(4));
});
afterAll(async () => {
  for (const program of running.values()) await program.stop();
  await proxy.close();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

function hostOf({ url }: CuttingProxy): string {
  return new URL(url).host;
}

async function publish(given: readonly string[]): Promise<void> {
  const input = { observations: given.map((value) => ({ streamName: 'temperature', value })) };
  for (const observation of input.observations) {
    await publisher.ask(
      'mutation ($input: PublishObservationsInput!) { publishObservations(input: $input) { cursor } }',
      { input: { observations: [observation] } },
    );
  }
}

/** A recipe in a page whose origin is another than the server's. */
async function openPage({ code }: Recipe, host: string) {
  const site: Server = createServer((_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(),
  );
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const address = site.address();
  const browser: Browser = await openBrowser(chromium ?? '');
  const page = await browser.newPage();
  const shown = { output: '', complaints: '' };
  page.on('console', (message) => {
    // A browser itself tells of the connection that was cut.
    shown[message.type() === 'error' ? 'complaints' : 'output'] += `${message.text()}\n`;
  });
  await page.goto(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`);
  await page.addScriptTag({ content: code.replaceAll('127.0.0.1:4000', host) });
  const stop = async () => {
    await browser.close();
    site.close();
  };
  return Object.assign(shown, { stop });
}

describe('a recipe of docs/clients.md prints each event once and in order, though its connection is cut', () => {
  for (const { title, lacks } of programs.map((recipe) => ({ ...recipe, lacks: missing(recipe) }))) {
    const what = lacks === null ? title : `${title} (not here: ${lacks})`;
    it.skipIf(lacks !== null)(what, () => expectAll(title));
  }

  if (chromium) it(inBrowser, () => expectAll(inBrowser));

  async function expectAll(title: string): Promise<void> {
    // Some say `READY` again when they have come again.
    const created = () => printed(running.get(title)?.output ?? '').filter((line) => line !== 'READY');
    await expect.poll(created).toEqual(values.map((value) => `CREATE ${value}`));
  }
});

it('signs in as docs/clients.md says', async () => {
  const recipe = recipes.find(({ title }) => title === signingIn);
  if (!recipe) throw new Error('the page does not say how to sign in');
  const program = new RunningRecipe(recipe, hostOf(proxy));
  await expect.poll(() => program.output).toMatch(/^signed in as [\w-]{43}\n$/);
});
