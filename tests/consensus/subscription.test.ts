import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { freePort, Presage } from '../support/presage.ts';
import { Publisher } from '../support/publisher.ts';

interface Seen {
  readonly type: string;
  readonly cursor: string;
  readonly value: string | undefined;
  readonly base: string | undefined;
}

const FOLLOW = `subscription ($where: StreamWhere, $after: Cursor, $snapshot: Boolean) {
  consensus(where: $where, after: $after, snapshot: $snapshot, ready: true) {
    type cursor consensus { value contributors base { hash } stream { name } } } }`;

let directory: string;
let server: Presage;
let url: string;
let peer: Publisher;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'presage-consensus-'));
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const settings = ['--port', String(port), '--data-dir', directory, '--collect', 'none'];
  server = new Presage(['serve', ...settings], { PRESAGE_CONSENSUS_DEBOUNCE_MS: '5' });
  await server.start('Presage is ready');
  peer = new Publisher(url);
  await peer.signIn();
  for (const name of ['followed', 'other']) {
    await peer.ask('mutation ($input: CreateStreamInput!) { createStream(input: $input) { uuid } }', {
      input: { name },
    });
  }
});
afterAll(async () => {
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Publishes the next observation and predicts the one after it; gives the base's hash. */
async function step(name: string, value: number): Promise<string> {
  const observedAt = new Date(1_700_000_000_000 + value * 1_000).toISOString();
  await peer.ask(
    'mutation ($input: PublishObservationsInput!) { publishObservations(input: $input) { successful } }',
    { input: { observations: [{ streamName: name, value, observedAt }] } },
  );
  const asked = await peer.ask('query ($name: String) { stream(name: $name) { uuid latest { hash } } }', {
    name,
  });
  const { uuid, latest } = asked.stream as { uuid: string; latest: { hash: string } };
  const prediction = { streamUuid: uuid, baseHash: latest.hash, value: value + 1 };
  const quantiles = [0.1, 0.9].map((level, index) => ({ level, value: value + index * 2 }));
  await peer.ask(
    'mutation ($input: SubmitPredictionsInput!) { submitPredictions(input: $input) { successful } }',
    {
      input: { predictions: [{ ...prediction, quantiles }] },
    },
  );
  return latest.hash;
}

async function consensusOf(name: string) {
  const query =
    'query ($name: String) { stream(name: $name) { consensus { value contributors base { hash } } } }';
  const { stream } = await peer.ask(query, { name });
  return (stream as { consensus: { value: string; base: { hash: string } } | null }).consensus;
}

/** Follows the consensus of "followed" until stopped. */
function follow(seen: Seen[], variables: object): () => Promise<void> {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  const where = { name: { eq: 'followed' } };
  client.subscribe<{
    consensus: {
      type: string;
      cursor: string;
      consensus: { value: string; base: { hash: string }; stream: { name: string } } | null;
    };
  }>(
    { query: FOLLOW, variables: { where, ...variables } },
    {
      next: ({ data }) => {
        if (!data) return;
        const { type, cursor, consensus } = data.consensus;
        if (consensus) expect(consensus.stream.name).toBe('followed');
        seen.push({ type, cursor, value: consensus?.value, base: consensus?.base.hash });
      },
      error: () => undefined,
      complete: () => undefined,
    },
  );
  return async () => client.dispose();
}

describe('the consensus of a running server', () => {
  it('is queried, followed from a snapshot without a gap, and resumed', async () => {
    await step('followed', 1);
    await step('other', 1);
    await vi.waitFor(async () => expect((await consensusOf('followed'))?.value).toBe('2'), 5_000);
    const seen: Seen[] = [];
    const stop = follow(seen, { snapshot: true });
    const bases: string[] = [];
    for (let value = 2; value < 12; value++) {
      const hash = await step('followed', value);
      bases.push(hash);
      await step('other', value);
      await vi.waitFor(async () => expect((await consensusOf('followed'))?.base.hash).toBe(hash), 5_000);
    }
    await vi.waitFor(() => expect(seen.at(-1)?.base).toBe(bases.at(-1)), 5_000);
    await stop();
    expect(seen.map(({ type }) => type).filter((type) => type === 'SNAPSHOT')).toHaveLength(1);
    const created = seen.filter(({ type }) => type === 'CREATE').map(({ base }) => base);
    const snapshot = seen.find(({ type }) => type === 'SNAPSHOT')?.base;
    expect([...new Set([snapshot, ...created])].filter((base) => base && bases.includes(base))).toEqual(
      bases,
    );

    const again: Seen[] = [];
    const from = seen.find(({ type }) => type === 'SNAPSHOT');
    const stopAgain = follow(again, { after: from?.cursor });
    await vi.waitFor(() => expect(again.at(-1)?.base).toBe(bases.at(-1)), 5_000);
    await stopAgain();
    const live = seen.filter(({ type }) => type === 'CREATE' || type === 'UPDATE');
    expect(again.filter(({ type }) => type !== 'READY')).toEqual(live);
  });

  it('is shown by presage forecast', async () => {
    const forecast = new Presage(['forecast', 'followed', '--server', url]);
    await forecast.start('followed');
    await forecast.stop();
    expect(forecast.output).toMatch(
      /STREAM +LAST +CONSENSUS +80 % +PEERS +AGE\nfollowed +11 +\S+ +\S+ to \S+ +1 +\d+ s\n/,
    );
    const json = new Presage(['forecast', '--json', '--server', url]);
    await json.start('"name":"other"');
    await json.stop();
    const watched = new Presage(['forecast', 'followed', '--watch', '--server', url]);
    await watched.start('followed  11 -> ');
    expect(await watched.stop('SIGTERM')).toBe(0);
  });
});
