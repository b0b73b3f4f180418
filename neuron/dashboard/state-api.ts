import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { EventStreams } from './event-streams.ts';
import { MOST_HISTORY, type Reports, type StreamReport } from './reports.ts';

/** Only this machine may ask. */
const ADDRESS = '127.0.0.1';
/** What this machine calls itself: a page of another name that resolves to it (DNS rebinding) has no business here. */
const OWN_NAMES: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];
/** Streams reported in one turn of the event loop. */
const STREAMS_A_TURN = 4;
const DEFAULT_HISTORY = 200;

const PATHS = {
  '/api/state': 'the neuron as a whole',
  '/api/streams': 'every followed stream',
  '/api/streams/<uuid or name>?limit=200': 'one stream with its recent observations and predictions',
  '/api/training': 'the training pool and its queue',
  '/api/outbox': 'predictions that wait for an answer',
  '/api/metrics': 'delay of the event loop, memory',
  '/api/events': 'server-sent events: state, round',
};

export interface StateApiOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly reports: Reports;
  readonly logger: Logger;
}

/** Tells the neuron's state over HTTP, to this machine only and for reading only: there is nothing secret in it. */
export class StateApi {
  readonly #options: StateApiOptions;
  readonly #events: EventStreams;
  readonly #server: Server;

  constructor(options: StateApiOptions) {
    this.#options = options;
    this.#events = new EventStreams(() => options.reports.neuron());
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        options.logger.error({ error: messageOf(error), path: request.url }, 'a report could not be made');
        if (response.headersSent) response.destroy();
        else send(response, 500, { error: 'The report could not be made; the log says why.' });
      });
    });
  }

  /** Listens; gives the port, or undefined if it can't be had: the neuron does without. */
  async start(): Promise<number | undefined> {
    const { port, logger } = this.#options;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(port, ADDRESS, resolve);
      });
    } catch (error) {
      logger.warn(
        { port, error: messageOf(error) },
        "the port of the state API can't be used (another neuron may have it); set neuron.uiPort to another one, or to 0 for none. The neuron goes on without it",
      );
      return undefined;
    }
    this.#events.start();
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : port;
  }

  /** A round of predictions was made for these streams (uuids). */
  round(streams: readonly string[]): void {
    this.#events.send('round', { at: Date.now(), streams });
  }

  async stop(): Promise<void> {
    this.#events.stop();
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { host } = request.headers;
    const path = request.url ?? '/';
    if (!isOwnName(host)) {
      send(response, 403, { error: `Ask for it as http://localhost, not as ${host ?? 'nothing'}.` });
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      send(response, 405, { error: 'This is for reading only; use GET.' });
    } else if (path.split('?', 1)[0] === '/api/events') {
      this.#events.add(response);
    } else if (!URL.canParse(path, 'http://localhost')) {
      send(response, 404, { error: 'There is nothing there.', paths: PATHS });
    } else {
      const { status, body } = await this.#report(new URL(path, 'http://localhost'));
      send(response, status, body);
    }
  }

  async #report(url: URL): Promise<Reply> {
    const { reports } = this.#options;
    switch (url.pathname) {
      case '/':
      case '/api':
        return { status: 200, body: { paths: PATHS } };
      case '/api/state':
        return { status: 200, body: reports.neuron() };
      case '/api/streams':
        return { status: 200, body: { streams: await this.#streams() } };
      case '/api/training':
        return { status: 200, body: await this.#training() };
      case '/api/outbox':
        return { status: 200, body: reports.outbox() };
      case '/api/metrics':
        return { status: 200, body: reports.neuron().metrics };
      default:
        return this.#stream(url);
    }
  }

  async #streams(): Promise<readonly StreamReport[]> {
    const { reports } = this.#options;
    const found: StreamReport[] = [];
    for (const row of reports.followed()) {
      found.push(reports.stream(row));
      if (found.length % STREAMS_A_TURN === 0) await nextTurn();
    }
    return found;
  }

  async #training() {
    const streams = await this.#streams();
    const queue = streams.map(({ uuid, name, training }) => ({ uuid, name, ...training }));
    return { pool: this.#options.reports.neuron().training, streams: queue };
  }

  #stream(url: URL): Reply {
    const { reports } = this.#options;
    const [, encoded] = /^\/api\/streams\/([^/]+)$/.exec(url.pathname) ?? [];
    if (encoded === undefined) {
      return { status: 404, body: { error: `There is nothing at ${url.pathname}.`, paths: PATHS } };
    }
    const limit = Number(url.searchParams.get('limit') ?? DEFAULT_HISTORY);
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST_HISTORY) {
      return { status: 400, body: { error: `limit must be a whole number from 1 to ${MOST_HISTORY}.` } };
    }
    const name = decoded(encoded);
    const row = name === undefined ? undefined : reports.find(name);
    if (!row)
      return {
        status: 404,
        body: {
          error: `The neuron knows no stream "${name ?? encoded}"; /api/streams lists those it follows.`,
        },
      };
    return { status: 200, body: reports.history(row, limit) };
  }
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

function isOwnName(host: string | undefined): boolean {
  return host !== undefined && OWN_NAMES.includes(host.replace(/:\d+$/, '').toLowerCase());
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}
