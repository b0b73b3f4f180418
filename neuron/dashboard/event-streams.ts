import type { ServerResponse } from 'node:http';
import type { NeuronReport } from './reports.ts';

/** How often the state is looked at while somebody listens, ms. */
const STATE_MS = 1_000;
/** A line that means nothing keeps a quiet connection open, ms. */
const QUIET_MS = 15_000;
const MOST_LISTENERS = 32;
/** Who leaves more than this unread is cut off, in bytes: the next connection begins with the whole state. */
const MOST_UNREAD = 1_048_576;

/** Those who listen to server-sent events: `state` at the beginning and when it has changed, and what is sent. */
export class EventStreams {
  readonly #state: () => NeuronReport;
  readonly #listeners = new Set<ServerResponse>();
  #timer: NodeJS.Timeout | undefined;
  #last = '';
  #lastSent = 0;

  constructor(state: () => NeuronReport) {
    this.#state = state;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), STATE_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
  }

  add(response: ServerResponse): void {
    if (this.#listeners.size >= MOST_LISTENERS) {
      response.writeHead(503, { 'retry-after': '5' }).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    this.#listeners.add(response);
    response.on('close', () => this.#listeners.delete(response));
    write(response, event('state', this.#state()));
  }

  send(name: string, data: unknown): void {
    if (this.#listeners.size > 0) this.#broadcast(event(name, data));
  }

  #look(): void {
    if (this.#listeners.size === 0) return;
    const state = this.#state();
    // What changes all the time is no news by itself.
    const { at: _at, metrics: _metrics, ...rest } = state;
    const now = JSON.stringify(rest);
    if (now !== this.#last) this.#broadcast(event('state', state));
    else if (Date.now() - this.#lastSent > QUIET_MS) this.#broadcast(': quiet\n\n');
    this.#last = now;
  }

  #broadcast(text: string): void {
    this.#lastSent = Date.now();
    for (const listener of this.#listeners) write(listener, text);
  }
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

function write(response: ServerResponse, text: string): void {
  response.write(text);
  if (response.writableLength > MOST_UNREAD) response.destroy();
}
