import { Command } from 'commander';
import { age } from '../age.ts';
import { type Forecast, type ForecastEvent, listForecasts, watchConsensus } from '../client/forecasts.ts';
import type { GraphqlClient } from '../client/graphql-client.ts';
import { harmlessLine, say, tell } from '../say.ts';
import { stopRequests } from '../service/stop-requests.ts';
import { table } from '../table.ts';
import { watchLive } from '../watch/live.ts';
import { connect, withConnection } from './connection.ts';
import { missingStreams, mustBeFound, whereNamed } from './named-streams.ts';

/** Streams asked for at once. */
const PAGE = 100;

interface Options {
  readonly watch?: boolean;
  readonly json?: boolean;
}

type Consensus = NonNullable<Forecast['consensus']>;

export function forecastCommand(): Command {
  const command = new Command('forecast')
    .description('show what the network forecasts')
    .argument('[streams...]', 'names or uuids of streams; every stream by default')
    .option('--watch', 'go on showing it as it changes')
    .option('--json', 'print one JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  $ presage forecast
  $ presage forecast temperature host_cpu_percent --watch
  $ presage forecast temperature --json

The exit code is 1 if one of the streams that are named is not there; the others are shown.`,
    )
    .action(async (streams: readonly string[], { watch, json }: Options) => {
      const client = connect(command);
      const where = whereNamed(streams);
      if (watch) {
        const missing = streams.length > 0 && missingStreams(streams, await everyForecast(client, where));
        if (missing) {
          tell(`presage: there is no stream ${missing} yet; it is shown when there is\n`);
        }
        return watchForecasts(client, where, json ? JSON.stringify : eventText);
      }
      const found = await everyForecast(client, where);
      if (json) say(found.map((one) => `${JSON.stringify(one)}\n`).join(''));
      else if (found.length > 0) say(shown(found));
      else if (streams.length === 0) tell('presage: there are no streams yet\n');
      mustBeFound(streams, found);
    });
  return withConnection(command);
}

async function watchForecasts(
  client: GraphqlClient,
  where: object,
  show: (event: ForecastEvent) => string,
): Promise<void> {
  const stop = stopRequests();
  try {
    await watchLive({
      ...{ client, operation: watchConsensus, signal: stop.signal },
      eventOf: ({ consensus }) => consensus,
      variables: { where, after: null, snapshot: true },
      onEvent: (event) => say(`${show(event)}\n`),
      onNotice: (notice) => tell(`presage: ${notice}\n`),
    });
  } finally {
    stop.dispose();
  }
}

async function everyForecast(client: GraphqlClient, where: object): Promise<readonly Forecast[]> {
  const found: Forecast[] = [];
  let after: string | null = null;
  for (;;) {
    const { streams }: { streams: ForecastPage } = await client.request(listForecasts, {
      ...{ where, first: PAGE, after },
    });
    found.push(...streams.edges.map(({ node }) => node));
    after = streams.pageInfo.endCursor;
    if (!streams.pageInfo.hasNextPage || after === null) return found;
  }
}

interface ForecastPage {
  readonly edges: readonly { readonly node: Forecast }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

function shown(forecasts: readonly Forecast[]): string {
  const head = ['STREAM', 'LAST', 'CONSENSUS', '80 %', 'PEERS', 'AGE'];
  const rows = forecasts.map(({ name, latest, consensus }) => {
    // A consensus from an older base was about the observation that is the last one now.
    const next = consensus && consensus.base.hash === latest?.hash ? consensus : null;
    return next
      ? [
          name,
          latest?.value ?? '-',
          next.value,
          interval(next),
          String(next.contributors),
          age(Date.now() - Date.parse(next.updatedAt)),
        ]
      : [name, latest?.value ?? '-', '-', '-', '-', '-'];
  });
  return table([head, ...rows]);
}

function eventText({ type, timestamp, consensus }: ForecastEvent): string {
  if (!consensus) return `${timestamp}  ${type}`;
  const { stream, base, value, contributors, updatedAt } = consensus;
  return `${updatedAt}  ${harmlessLine(stream.name)}  ${base.value} -> ${value}  ${interval(consensus)}  peers: ${contributors}`;
}

/** From the 10 % to the 90 % quantile. */
function interval({ quantiles }: Pick<Consensus, 'quantiles'>): string {
  const at = (level: number) => quantiles.find((quantile) => quantile.level === level)?.value;
  const [low, high] = [at(0.1), at(0.9)];
  return low !== undefined && high !== undefined ? `${low} to ${high}` : '-';
}
